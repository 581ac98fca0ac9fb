import { z } from 'zod';

/** Block Kit's documented limits, and the undocumented one on all blocks together. */
const MAX_BLOCKS_CHARACTERS = 13_200;
const short = z.string().min(1);

const plainText = z.strictObject({
  type: z.literal('plain_text'),
  text: short.max(150),
  emoji: z.boolean().optional(),
});
const style = z.strictObject({ bold: z.boolean().optional() }).optional();
const element = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: short.max(3_000), style }),
  z.strictObject({
    type: z.literal('link'),
    url: z.url({ protocol: /^https$/ }).max(3_000),
    text: short,
    style,
  }),
  z.strictObject({ type: z.literal('emoji'), name: z.string().regex(/^[a-z_]+$/) }),
  z.strictObject({
    type: z.literal('date'),
    timestamp: z.int(),
    format: z.string().regex(/\{\w+\}/),
    fallback: short,
  }),
]);
const section = z.strictObject({
  type: z.enum(['rich_text_section', 'rich_text_quote']),
  elements: z.array(element).min(1),
});
const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: plainText }),
  z.strictObject({ type: z.literal('divider') }),
  z.strictObject({ type: z.literal('rich_text'), elements: z.array(section).min(1) }),
]);
const slackPost = z.strictObject({
  text: short.max(3_000),
  blocks: z.array(block).min(1).max(50),
  unfurl_links: z.literal(false),
  unfurl_media: z.literal(false),
});

/** Why Slack would not show this post, in words; undefined when it would. */
export function checkSlackPost({ json }: { json: unknown }): string | undefined {
  const parsed = slackPost.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `invalid_blocks: ${issue?.path.join('.') || 'body'}: ${issue?.message}`;
  }
  const characters = JSON.stringify(parsed.data.blocks).length;
  return characters > MAX_BLOCKS_CHARACTERS ? `msg_blocks_too_long: ${characters} characters` : undefined;
}
