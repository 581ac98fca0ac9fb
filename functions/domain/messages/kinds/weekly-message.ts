import { z } from 'zod';
import { exclusionId } from '../../exclusions/parse-exclusion.ts';
import { count, envelope, isoDate, scope, windowSchema } from './message-parts.ts';

/** Hunts on workspaces that one weekly summary names; of more, those with most to tell. */
export const MAX_HUNTS_PER_WEEKLY = 200;
/** Exclusions of each sort that it names. */
export const MAX_EXCLUSIONS_PER_WEEKLY = 50;

/** What a week brought, of all hunts on all workspaces. */
export const weeklyMessageSchema = z.strictObject({
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
