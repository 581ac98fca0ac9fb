import { findingKinds } from '../hunting/finding.ts';
import { nameOf, subjectOf } from './describe-hunt.ts';
import type { DescribedEntry, DescribedMessage, Sentence } from './described-message.ts';
import type { WeeklyMessage } from './kinds/weekly-message.ts';
import { number, quantity } from './quantity.ts';
import { showText } from './show-text.ts';

type WeekOfHunt = WeeklyMessage['hunts'][number];

/** More is a list to read elsewhere. */
const MAX_EXCLUSIONS = 10;

export function describeWeekly(message: WeeklyMessage): DescribedMessage {
  const { hunts, outbox, exclusions, period, total } = message;
  const unwell = hunts.filter(isUnwell);
  const found = hunts.reduce((sum, { findings }) => sum + newOnes(findings), 0);
  return {
    headline: `Weekly summary: ${found === 0 ? 'no new findings' : quantity(found, 'new finding')}, ${
      unwell.length === 0
        ? `${quantity(total, 'hunt')} complete`
        : `${quantity(unwell.length, 'hunt')} of ${number(total)} not completed`
    }`,
    tone: unwell.length > 0 || outbox.deadLettered > 0 ? 'warning' : 'information',
    warnings:
      outbox.deadLettered > 0
        ? [
            `${quantity(outbox.deadLettered, 'message')} could not be delivered and ${outbox.deadLettered === 1 ? 'was' : 'were'} given up. GET /api/dead-letters of the hunter's function app says why.`,
          ]
        : [],
    entries: [...exclusionEntries(exclusions), ...hunts.map(toEntry)],
    elsewhere: Math.max(0, total - hunts.length),
    leftOut: (count) =>
      `${number(count)} more not shown here. GET /api/runs of the hunter's function app lists all runs.`,
    facts: [
      { label: 'Week', value: [new Date(period.from), ' to ', new Date(period.to)] },
      {
        label: 'Messages',
        value: [`${number(outbox.waiting)} waiting, ${number(outbox.deadLettered)} given up`],
      },
      { label: 'Exclusions', value: [`${number(exclusions.inForce)} in force`] },
    ],
    links: [],
  };
}

function isUnwell({ runs, notCompletedSince }: WeekOfHunt): boolean {
  return notCompletedSince !== undefined || runs.complete === 0;
}

function newOnes(findings: WeekOfHunt['findings']): number {
  return findings['new-device'] + findings['new-activity'] + findings.returned;
}

function toEntry(week: WeekOfHunt): DescribedEntry {
  const { subject } = subjectOf(week.hunt.name);
  return {
    ...(isUnwell(week) && { kind: { kind: 'not-completed' as const, name: 'Not completed' } }),
    title: { text: `${subject} · ${nameOf(week.workspace)}` },
    details: [],
    lines: [foundLine(week), runsLine(week)],
  };
}

const findingWords = {
  'new-device': 'on a new device',
  'new-activity': 'new activity',
  returned: 'returned',
  unhidden: 'no longer hidden',
} as const;

function foundLine({ findings, devices, hidden }: WeekOfHunt): Sentence {
  const kinds = findingKinds
    .filter((kind) => findings[kind] > 0)
    .map((kind) => `${number(findings[kind])} ${findingWords[kind]}`);
  const all = findingKinds.reduce((sum, kind) => sum + findings[kind], 0);
  const parts = [
    ...(all === 0
      ? ['No findings']
      : [`${quantity(all, 'finding')} on ${quantity(devices, 'device')} (${kinds.join(', ')})`]),
    ...(findings.baseline > 0 ? [`${number(findings.baseline)} in the baseline`] : []),
    ...(hidden === null || hidden === 0 ? [] : [`${number(hidden)} hidden by exclusions`]),
  ];
  return [parts.join('; ')];
}

function runsLine({ runs, searchedUntil, owed, notCompletedSince }: WeekOfHunt): Sentence {
  const all = runs.complete + runs.other;
  const counted = all === 0 ? 'No run' : `${number(runs.complete)} of ${quantity(all, 'run')} complete`;
  const since: Sentence =
    notCompletedSince === undefined ? [] : [', none since ', new Date(notCompletedSince)];
  const until: Sentence =
    searchedUntil === null ? ['; nothing searched yet'] : ['; searched up to ', new Date(searchedUntil)];
  const left: Sentence =
    owed === undefined ? [] : [`, but for ${quantity(owed, 'span')} still to be searched`];
  return [counted, ...since, ...until, ...left];
}

function exclusionEntries({ ending, stale }: WeeklyMessage['exclusions']): DescribedEntry[] {
  const rows = [
    ...ending.map(({ id, on, owner }) => ({
      label: `Ends after ${on}`,
      value: `${id} (${showText(owner, 60)})`,
    })),
    ...stale.map(({ id, owner }) => ({
      label: 'Hid nothing for 60 days',
      value: `${id} (${showText(owner, 60)})`,
    })),
  ];
  if (rows.length === 0) return [];
  const left = rows.length - MAX_EXCLUSIONS;
  const more = left > 0 ? [{ label: 'More', value: `${number(left)}, see GET /api/exclusions` }] : [];
  return [
    {
      title: { text: 'Exclusions to review' },
      details: [...rows.slice(0, MAX_EXCLUSIONS), ...more],
      lines: [],
    },
  ];
}
