import { z } from 'zod';
import { exclusionId } from '../../exclusions/parse-exclusion.ts';
import { count, envelope, isoDate, links, scope, windowSchema } from './message-parts.ts';

/** Exclusions that a message about what they hide names; of more, those that hide most. */
export const MAX_EXCLUSIONS_PER_NOTICE = 20;

/** Exclusions together hide a large part of what a hunt sees. */
export const muchHiddenMessageSchema = z.strictObject({
  ...envelope,
  kind: z.literal('much-hidden').meta({
    description:
      'Exclusions together hide at least the share of EXCLUSION_WARN_SHARE of what the hunt sees, or all of it; sent once, and again when they hide more.',
  }),
  ...scope,
  run: z.strictObject({ id: z.string().min(1), window: windowSchema, ...links }),
  hidden: z.int().positive().meta({ description: 'Sightings that exclusions hide.' }),
  sightings: z.int().positive().meta({ description: 'Sightings in all, hidden or not.' }),
  before: z
    .strictObject({ hidden: count, sightings: count, toldAt: isoDate })
    .optional()
    .meta({ description: 'What was told of it the last time; absent the first time.' }),
  exclusions: z
    .array(
      z.strictObject({
        id: exclusionId,
        owner: z.string(),
        createdBy: z
          .string()
          .optional()
          .meta({ description: "Who wrote it, for one of the app's own list." }),
        acceptBroad: z.string().optional().meta({ description: 'Why it may hide so much.' }),
        hidden: count
          .optional()
          .meta({ description: 'Sightings that it hides; absent where that is not known.' }),
      }),
    )
    .max(MAX_EXCLUSIONS_PER_NOTICE)
    .meta({ description: 'Those that act on the hunt, with most hidden first.' }),
  total: count.meta({ description: 'Exclusions that act on the hunt in all.' }),
});
export type MuchHiddenMessage = z.infer<typeof muchHiddenMessageSchema>;
