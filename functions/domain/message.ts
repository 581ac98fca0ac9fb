import { z } from 'zod';
import { findingSchema } from './finding.ts';

/**
 * Findings in one message: each brings two rows (seen, finding), and together with the outbox and state rows
 * they must fit one entity-group transaction of 100 entities.
 */
export const MAX_FINDINGS_PER_MESSAGE = 45;

const isoDate = z.iso.datetime({ offset: true });

/**
 * What is sent once to each channel: the body that the webhook function accepts.
 * Everything under `findings` can come from an attacker; whoever renders it escapes it.
 */
export const messageSchema = z.strictObject({
  /** Stable: a repeat carries the same id, so a receiver can drop it. */
  id: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[A-Za-z0-9._-]+$/, 'only letters, digits, dot, underscore and hyphen'),
  /** `findings`: new ones of a run. `baseline`: what a first run found. `unhidden`: what an ended exclusion had hidden. */
  kind: z.enum(['findings', 'baseline', 'unhidden']),
  createdAt: isoDate,
  hunt: z.strictObject({
    id: z.string().min(1),
    name: z.string().min(1),
    description: z.string(),
    tactics: z.array(z.string()),
    techniques: z.array(z.string()),
  }),
  workspace: z.strictObject({ id: z.string().min(1), name: z.string().optional() }),
  run: z.strictObject({
    id: z.string().min(1),
    window: z.strictObject({ from: isoDate, to: isoDate }),
    complete: z.boolean(),
    /** What the reader must know of this run, in sentences: partial results, a gap, an exclusion left out. */
    problems: z.array(z.string()),
  }),
  coverage: z.strictObject({
    /** Rows that the hunt's tables had in the window; null when that is not known. */
    rows: z.number().nonnegative().nullable(),
    newest: isoDate.nullable(),
  }),
  counts: z.strictObject({
    sightings: z.number().nonnegative(),
    hidden: z.number().nonnegative(),
    known: z.number().nonnegative(),
  }),
  /** Findings in all parts together, and the devices among them. */
  total: z.number().nonnegative(),
  devices: z.number().nonnegative(),
  /**
   * A run with more findings than one message holds sends several parts; chat channels post the first, which tells the total.
   * A digest (`baseline`, `unhidden`) has one part, with the first findings of `total`.
   */
  part: z.strictObject({ number: z.int().positive(), of: z.int().positive() }),
  findings: z.array(findingSchema).max(MAX_FINDINGS_PER_MESSAGE),
});
export type Message = z.infer<typeof messageSchema>;
