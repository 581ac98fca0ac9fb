import { Webhook } from 'standardwebhooks';

/** What is wrong with a post's signature; undefined also when there is no secret to check it by. */
export function checkWebhookPost(
  { body, headers }: { body: string; headers: Record<string, string> },
  secret: string | undefined,
): string | undefined {
  if (secret === undefined) return undefined;
  try {
    new Webhook(secret).verify(body, headers, { jsonParse: false });
    return undefined;
  } catch (error) {
    return `signature not verified: ${error instanceof Error ? error.message : 'unknown'}`;
  }
}
