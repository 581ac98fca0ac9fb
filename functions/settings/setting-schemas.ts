import { z } from 'zod';

const onThisMachine = (url: URL) =>
  url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);

/** An address that secrets may be sent to. */
export const safeUrl = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || onThisMachine(url);
}, 'must be an https:// address (http:// for this machine only), without user name and password');

/** Standard Webhooks: `whsec_` and base64 of 24 to 64 random bytes. While rotating, both secrets, separated by a space. */
export const secrets = z
  .string()
  .transform((text) => text.split(/\s+/).filter((secret) => secret !== ''))
  .refine(
    (list) => list.length > 0 && list.every((secret) => isSecret(secret)),
    "must be whsec_ and the base64 of 24 to 64 random bytes (make one with: node -p \"'whsec_'+crypto.randomBytes(32).toString('base64')\")",
  );

function isSecret(text: string): boolean {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  const bytes = Buffer.from(base64 ?? '', 'base64').length;
  return bytes >= 24 && bytes <= 64;
}

/** Stands for a value that Azure has not read from Key Vault yet. */
export const UNRESOLVED: unique symbol = Symbol('unresolved');

/** Whether the setting holds the reference itself: what an app sees while its role spreads, the vault cannot be reached or the secret is missing. */
export function isUnresolved(text: string | undefined): boolean {
  return /^\s*@Microsoft\.(KeyVault|AppConfiguration)\(/i.test(text ?? '');
}

/** For what may be waited for: the value, or `UNRESOLVED`. */
export function orUnresolved<T>(schema: z.ZodType<T, string>) {
  return z.string().transform((text, context): T | typeof UNRESOLVED => {
    if (isUnresolved(text)) return UNRESOLVED;
    const read = schema.safeParse(text);
    if (read.success) return read.data;
    for (const { message } of read.error.issues) context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

/** Items between commas. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
