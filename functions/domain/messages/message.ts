import { z } from 'zod';
import { exclusionId } from '../exclusions/parse-exclusion.ts';
import { findingSchema } from '../hunting/finding.ts';
import type { Hunt } from '../hunting/hunt.ts';

/**
 * Findings in one message: each brings two rows (seen, finding), and together with the outbox and state rows
 * they must fit one entity-group transaction of 100 entities.
 */
export const MAX_FINDINGS_PER_MESSAGE = 45;

/** Exclusions that one digest names; of more, those with most findings. */
export const MAX_ENDED_PER_MESSAGE = 20;

/** Hunts on workspaces that one weekly summary names; of more, those with most to tell. */
export const MAX_HUNTS_PER_WEEKLY = 200;
/** Exclusions of each sort that it names. */
export const MAX_EXCLUSIONS_PER_WEEKLY = 50;
/** Exclusions that a message about what they hide names; of more, those that hide most. */
export const MAX_EXCLUSIONS_PER_NOTICE = 20;
/** Sentences of a run that a message about a hunt's health repeats. */
export const MAX_HEALTH_PROBLEMS = 5;

/** Spans that one message about a gap names; of more, the first. */
export const MAX_GAPS_PER_MESSAGE = 50;

/** Changes that one message tells; of more, several messages. */
export const MAX_CHANGES_PER_MESSAGE = 50;

const isoDate = z.iso.datetime({ offset: true });

export const messageId = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9._-]+$/, 'only letters, digits, dot, underscore and hyphen')
  .meta({ description: 'Stable: a repeat carries the same id, so a receiver can drop it.' });

/** Of every message. */
const envelope = {
  id: messageId,
  createdAt: isoDate,
};

/** Of every message about one hunt on one workspace. */
const scope = {
  hunt: z.strictObject({
    id: z.string().min(1),
    name: z.string().min(1),
    description: z.string(),
    file: z.string().optional().meta({ description: 'Path of its file: hunts/addigy.yaml.' }),
    tactics: z.array(z.string()).meta({ description: "In Sentinel's spelling: CommandAndControl." }),
    techniques: z.array(z.string()).meta({ description: 'ATT&CK ids: T1219.' }),
  }),
  workspace: z.strictObject({ id: z.string().min(1), name: z.string().optional() }),
};

const windowSchema = z.strictObject({ from: isoDate, to: isoDate });

/** Pages of the portal. No other site can be linked to: they stand on cards. */
const portalUrl = z.url({ protocol: /^https$/, hostname: /^portal\.azure\.(com|us|cn)$/ });
const links = {
  queryUrl: portalUrl.optional().meta({ description: 'The query of this run in Log Analytics.' }),
  runUrl: portalUrl.optional().meta({ description: "The run in the hunter's telemetry." }),
  historyUrl: portalUrl
    .optional()
    .meta({ description: 'All that was told of the devices of this run, in the telemetry.' }),
};

/** What a run found. Everything under `findings` can come from an attacker; whoever renders it escapes it. */
const findingsMessageSchema = z.strictObject({
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

/** A hunt that does not come through, or does again. */
const healthMessageSchema = z.strictObject({
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

/** Time that no run looked at and none will. */
const gapMessageSchema = z.strictObject({
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

const count = z.int().nonnegative();

/** Exclusions together hide a large part of what a hunt sees. */
const muchHiddenMessageSchema = z.strictObject({
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

/** What a week brought, of all hunts on all workspaces. */
const weeklyMessageSchema = z.strictObject({
  ...envelope,
  kind: z.literal('weekly').meta({ description: 'Once a week.' }),
  period: windowSchema,
  hunts: z
    .array(
      z.strictObject({
        hunt: z.strictObject({ id: z.string().min(1), name: z.string().min(1) }),
        workspace: scope.workspace,
        runs: z.strictObject({
          complete: count,
          other: count.meta({ description: 'Failed, incomplete, or without data.' }),
        }),
        searchedUntil: isoDate.nullable(),
        owed: count.optional().meta({
          description: 'Spans before that which no run has looked at yet; absent when there are none.',
        }),
        notCompletedSince: isoDate
          .optional()
          .meta({ description: 'Since when no run was completed; absent when the last one was.' }),
        findings: z
          .strictObject({
            'new-device': count,
            'new-activity': count,
            returned: count,
            unhidden: count,
            baseline: count,
          })
          .meta({ description: 'By kind; what a first run found is counted as baseline alone.' }),
        devices: count.meta({ description: 'Devices among the findings.' }),
        hidden: count.nullable().meta({
          description: 'Sightings that exclusions hid in the last run that was answered; null when none was.',
        }),
      }),
    )
    .max(MAX_HUNTS_PER_WEEKLY),
  total: count.meta({ description: 'Hunts on workspaces in all.' }),
  outbox: z.strictObject({
    waiting: count.meta({ description: 'Messages that not every channel has accepted yet.' }),
    deadLettered: count.meta({ description: 'Messages that were given up.' }),
  }),
  exclusions: z.strictObject({
    inForce: count,
    ending: z
      .array(z.strictObject({ id: exclusionId, on: z.iso.date(), owner: z.string() }))
      .max(MAX_EXCLUSIONS_PER_WEEKLY)
      .meta({ description: 'That end within 14 days, the soonest first.' }),
    stale: z
      .array(z.strictObject({ id: exclusionId, owner: z.string() }))
      .max(MAX_EXCLUSIONS_PER_WEEKLY)
      .meta({ description: 'In force, and hid nothing for 60 days.' }),
  }),
});
export type WeeklyMessage = z.infer<typeof weeklyMessageSchema>;

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
const changesMessageSchema = z.strictObject({
  ...envelope,
  kind: z.literal('changes').meta({
    description: 'Somebody wrote or removed an exclusion, or discarded a message that was given up.',
  }),
  changes: z.array(changeSchema).min(1).max(MAX_CHANGES_PER_MESSAGE),
});
export type ChangesMessage = z.infer<typeof changesMessageSchema>;

/** What is sent once to each channel: the body that the webhook function accepts. */
export const messageSchema = z.discriminatedUnion('kind', [
  findingsMessageSchema,
  healthMessageSchema,
  gapMessageSchema,
  muchHiddenMessageSchema,
  weeklyMessageSchema,
  changesMessageSchema,
]);
export type Message = z.infer<typeof messageSchema>;

/** Every kind of message, for those who route them. */
export const messageKinds = [
  'findings',
  'baseline',
  'unhidden',
  'not-completed',
  'well-again',
  'gap',
  'much-hidden',
  'weekly',
  'changes',
] as const satisfies readonly Message['kind'][];

/** A hunt as messages tell it. */
export function huntOf({ id, name, description, file, tactics, techniques }: Hunt): FindingsMessage['hunt'] {
  return { id, name, description, file, tactics, techniques };
}
