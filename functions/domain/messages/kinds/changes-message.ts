import { z } from 'zod';
import { count, envelope, isoDate } from './message-parts.ts';

/** Versions before this one put so many into a message. */
const MOST_CHANGES = 50;

/** What somebody changed in what the hunts hide or tell. */
export const changeSchema = z.strictObject({
  what: z.enum(['exclusion-created', 'exclusion-replaced', 'exclusion-removed', 'dead-letter-discarded']),
  subject: z
    .string()
    .min(1)
    .meta({ description: 'Id of the exclusion, or of the message that was discarded.' }),
  at: isoDate,
  by: z.string().min(1),
  claimed: z.boolean().meta({ description: 'True: whoever made it gave this name; nobody checked it.' }),
  exclusion: z
    .strictObject({
      reason: z.string(),
      owner: z.string(),
      expires: z.string(),
      hunts: z.array(z.string()).meta({ description: 'Names of the hunts that it applies to.' }),
      acceptBroad: z
        .string()
        .optional()
        .meta({ description: 'Why it may hide a large part of what a hunt sees.' }),
    })
    .optional()
    .meta({ description: 'As it was written; absent when it was removed.' }),
  hides: z
    .strictObject({ hidden: count, sightings: count, devices: count, whole: z.boolean() })
    .nullable()
    .optional()
    .meta({
      description:
        'What it hides now, of all sightings of its hunts; not whole when a query was not answered whole. Null when that is not known.',
    }),
});
export type Change = z.infer<typeof changeSchema>;

/** Several changes within minutes are one message. */
export const changesMessageSchema = z.strictObject({
  ...envelope,
  kind: z.literal('changes').meta({
    description: 'Somebody wrote or removed an exclusion, or discarded a message that was given up.',
  }),
  changes: z.array(changeSchema).min(1).max(MOST_CHANGES),
});
export type ChangesMessage = z.infer<typeof changesMessageSchema>;
