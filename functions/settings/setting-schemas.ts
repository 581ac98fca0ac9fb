import { z } from 'zod';

const onThisMachine = (url: URL) =>
  url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);

/** An address that secrets may be sent to. */
export const safeUrl = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && (url.protocol === 'https:' || onThisMachine(url));
}, 'must be an https:// address (http:// for this machine only)');

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

/** Items between commas. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
