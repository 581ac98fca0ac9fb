import { z } from 'zod';

/** Why a sighting is worth telling; the words are explained in the README. */
export const findingKinds = ['new-device', 'new-activity', 'returned', 'unhidden'] as const;
export type FindingKind = (typeof findingKinds)[number];

const isoDate = z.iso.datetime({ offset: true });

/**
 * A sighting worth telling, in its JSON form: as it stands in messages, reports and storage.
 * `device` is absent when the row names none; `count` is absent when the query gives none.
 */
export const findingSchema = z.strictObject({
  /** Stable: the same facts give the same id. */
  id: z.string().min(1).max(64),
  kind: z.enum(findingKinds),
  device: z.strictObject({ id: z.string().optional(), name: z.string().optional() }).optional(),
  /** The columns that make it the thing it is, for example `{ DeviceId, RemoteUrl }`. */
  identity: z.record(z.string(), z.string()),
  firstSeen: isoDate,
  lastSeen: isoDate,
  count: z.number().nonnegative().optional(),
  /** For `returned` and `unhidden`: when it had been seen last. */
  previouslySeen: isoDate.optional(),
  /** For `unhidden`: ids of the exclusions that were in force when it was hidden and are gone or changed since. */
  hiddenBy: z.array(z.string()).optional(),
  late: z
    .literal(true)
    .optional()
    .meta({ description: 'Its rows reached the workspace after a run had looked at their time.' }),
  /** The row that the query returned. Dates are ISO 8601; dynamic values are JSON text. */
  row: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type Finding = z.infer<typeof findingSchema>;
