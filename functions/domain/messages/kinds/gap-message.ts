import { z } from 'zod';
import { envelope, isoDate, links, scope } from './message-parts.ts';

/** Spans that one message about a gap names; of more, the first. */
export const MAX_GAPS_PER_MESSAGE = 50;

/** Time that no run looked at and none will. */
export const gapMessageSchema = z.strictObject({
  ...envelope,
  kind: z.literal('gap').meta({ description: 'Time that no run looked at, and none will; sent once.' }),
  ...scope,
  run: z.strictObject({ id: z.string().min(1), ...links }),
  gaps: z
    .array(
      z.strictObject({
        from: isoDate,
        to: isoDate,
        reason: z.string().min(1).meta({ description: 'Why, in words that end a sentence.' }),
      }),
    )
    .min(1)
    .max(MAX_GAPS_PER_MESSAGE),
  total: z.int().positive().meta({ description: 'Gaps in all.' }),
});
export type GapMessage = z.infer<typeof gapMessageSchema>;
