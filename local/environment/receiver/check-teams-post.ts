import { z } from 'zod';

/** What Teams takes at most. */
const TEAMS_MAX_BYTES = 28 * 1024;

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
  // A flow puts the card as text into JSON of its own: 24,453 bytes were seen to become 28,897.
  const bytes = Buffer.byteLength(JSON.stringify(body));
  if (bytes > TEAMS_MAX_BYTES) return `${bytes} bytes once the flow has escaped it: above Teams' 28 KB`;
  const parsed = (bare ? card : message).safeParse(json);
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  return `${issue?.path.join('.') || 'body'}: ${issue?.message}`;
}
