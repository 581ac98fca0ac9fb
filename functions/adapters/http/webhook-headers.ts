import { Webhook } from 'standardwebhooks';

/**
 * The Standard Webhooks headers of a body: `webhook-id`, `webhook-timestamp` and `webhook-signature` with one signature per secret,
 * so that a receiver that knows either secret accepts it while they are rotated.
 *
 * `sentAt` is the wire's clock: receivers refuse what is more than five minutes off.
 * @throws when there is no secret, or one is not base64 (with or without `whsec_`)
 */
export function webhookHeaders(
  id: string,
  body: string,
  secrets: readonly string[],
  sentAt: Date,
): Record<string, string> {
  if (secrets.length === 0) throw new Error('no secret to sign with');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, sentAt, body)).join(' '),
  };
}
