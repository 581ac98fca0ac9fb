import { z } from 'zod';

/** What Teams takes at most. */
const TEAMS_MAX_BYTES = 28 * 1024;
/** A card of 24,453 bytes was seen to become 28,897 within a flow. */
const FLOW_GROWTH = 28_897 / 24_453;

const card = z.looseObject({
  type: z.literal('AdaptiveCard'),
  version: z.enum(
    ['1.0', '1.1', '1.2', '1.3', '1.4'],
    'cards above 1.4 are not displayed when a flow posts them',
  ),
  body: z.array(z.looseObject({ type: z.string() })).min(1),
});
const message = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null().optional(),
        content: card,
      }),
    )
    .length(1),
});

/** Why Teams would not show this post, in words; undefined when it would. `bare`: for a flow that takes the card alone. */
export function checkTeamsPost(
  { body, json }: { body: string; json: unknown },
  bare = false,
): string | undefined {
  // A flow puts the card as text into JSON of its own.
  const bytes = Math.max(Buffer.byteLength(JSON.stringify(body)), Buffer.byteLength(body) * FLOW_GROWTH);
  if (bytes > TEAMS_MAX_BYTES)
    return `${Math.round(bytes)} bytes with what the flow adds: above Teams' 28 KB`;
  const parsed = (bare ? card : message).safeParse(json);
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  return `${issue?.path.join('.') || 'body'}: ${issue?.message}`;
}
