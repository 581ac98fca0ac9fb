import { z } from 'zod';
import { findingSchema } from '../../hunting/finding.ts';
import { envelope, isoDate, links, scope, windowSchema } from './message-parts.ts';

/**
 * Findings in one message: each brings two rows (seen, finding), and together with the outbox and state rows
 * they must fit one entity-group transaction of 100 entities.
 */
export const MAX_FINDINGS_PER_MESSAGE = 45;

/** Exclusions that one digest names; of more, those with most findings. */
export const MAX_ENDED_PER_MESSAGE = 20;

/** What a run found. Everything under `findings` can come from an attacker; whoever renders it escapes it. */
export const findingsMessageSchema = z.strictObject({
  ...envelope,
  kind: z.enum(['findings', 'baseline', 'unhidden']).meta({
    description:
      'findings: new ones of a run. baseline: what a first run found. unhidden: what an ended exclusion had hidden.',
  }),
  ...scope,
  run: z.strictObject({
    id: z.string().min(1),
    window: windowSchema,
    complete: z.boolean(),
    problems: z.array(z.string()).meta({
      description:
        'What the reader must know of this run, in sentences: partial results, a gap, an exclusion left out.',
    }),
    owed: z.strictObject({ from: isoDate, to: isoDate, spans: z.int().positive() }).optional().meta({
      description:
        'Time that no run has looked at yet: its spans lie from here to there. The next runs look at it. Absent when there is none.',
    }),
    ...links,
  }),
  coverage: z.strictObject({
    rows: z.number().nonnegative().nullable().meta({
      description: "Rows that the hunt's tables had in the window; null when that is not known.",
    }),
    newest: isoDate.nullable().meta({ description: 'When the newest of them was ingested.' }),
  }),
  counts: z.strictObject({
    sightings: z.number().nonnegative(),
    hidden: z.number().nonnegative(),
    known: z.number().nonnegative(),
  }),
  /** For `unhidden`: the exclusions that hid the findings and do so no longer, and how many findings each hid. */
  ended: z
    .array(
      z.strictObject({
        exclusion: z.string().min(1),
        how: z.enum(['expired', 'removed', 'changed']),
        /** The last day of one that expired; else the day on which a run first did without it. */
        on: z.iso.date(),
        findings: z.int().positive(),
      }),
    )
    .max(MAX_ENDED_PER_MESSAGE)
    .optional(),
  digest: z.enum(['catch-up', 'edited']).optional().meta({
    description:
      'catch-up: found when the hunter looked at time that no run had looked at (window), after an outage or when rows came late. edited: known devices that the hunt lists anew because it was edited.',
  }),
  total: z.number().nonnegative().meta({ description: 'Findings in all parts together.' }),
  devices: z.number().nonnegative().meta({ description: 'Devices among them.' }),
  part: z.strictObject({ number: z.int().positive(), of: z.int().positive() }).meta({
    description:
      'A run with more findings than one message holds sends several parts; chat channels post the first, which tells the total. A digest (baseline, unhidden, catch-up, edited) has one part, with the first findings of the total.',
  }),
  findings: z.array(findingSchema).max(MAX_FINDINGS_PER_MESSAGE),
});
export type FindingsMessage = z.infer<typeof findingsMessageSchema>;
