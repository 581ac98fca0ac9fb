import { Webhook } from 'standardwebhooks';

/**
 * Whether one of the secrets signed this body, by the Standard Webhooks headers: HMAC-SHA256 compared in constant time, a timestamp within five minutes of
 * this machine's clock. No secret, no entry.
 */
export function verifySignature(
  body: string,
  headers: { get(name: string): string | null },
  secrets: readonly string[],
): boolean {
  const given = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, headers.get(name) ?? '']),
  );
  return secrets.some((secret) => {
    try {
      new Webhook(secret).verify(body, given, { jsonParse: false });
      return true;
    } catch {
      return false;
    }
  });
}
