import { z } from 'zod';
import { envelope, isoDate, links, scope, windowSchema } from './message-parts.ts';

/** Sentences of a run that a message about a hunt's health repeats. */
export const MAX_HEALTH_PROBLEMS = 5;

/** A hunt that does not come through, or does again. */
export const healthMessageSchema = z.strictObject({
  ...envelope,
  kind: z.enum(['not-completed', 'well-again']).meta({
    description:
      'not-completed: so many runs in a row did not search their window to the end; sent once. well-again: the first that did, after a not-completed.',
  }),
  ...scope,
  run: z.strictObject({
    id: z.string().min(1),
    outcome: z.enum(['complete', 'no-data', 'incomplete', 'failed']),
    window: windowSchema.nullable().meta({ description: 'Null when the run did not get that far.' }),
    ...links,
  }),
  streak: z
    .strictObject({
      id: z.string().min(1).meta({ description: 'The same in the not-completed and in its well-again.' }),
      runs: z.int().positive(),
      since: isoDate.meta({ description: 'When the first of them began.' }),
      problems: z
        .array(z.string())
        .max(MAX_HEALTH_PROBLEMS)
        .meta({ description: 'What the last of them said, in sentences.' }),
    })
    .meta({ description: 'The runs in a row that were not completed.' }),
  searchedUntil: isoDate
    .nullable()
    .meta({ description: 'Up to when everything has been searched; null when no run was complete yet.' }),
});
export type HealthMessage = z.infer<typeof healthMessageSchema>;
