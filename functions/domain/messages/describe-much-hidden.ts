import { describeHunt, linksOf, subjectOf } from './describe-hunt.ts';
import type { DescribedEntry, DescribedMessage } from './described-message.ts';
import type { MuchHiddenMessage } from './kinds/much-hidden-message.ts';
import { number, quantity } from './quantity.ts';
import { showText } from './show-text.ts';

export function describeMuchHidden(message: MuchHiddenMessage): DescribedMessage {
  const { hidden, sightings, before, exclusions, total, run } = message;
  const { subject } = subjectOf(message.hunt.name);
  const all = hidden === sightings;
  return {
    headline: all
      ? `Exclusions hide everything that the hunt sees: ${subject}`
      : `Exclusions hide ${percent(hidden, sightings)} of what the hunt sees: ${subject}`,
    tone: all ? 'alarm' : 'warning',
    explanation:
      'Nobody is told of what exclusions hide. Several narrow ones can hide as much as a broad one, and so can an intruder behind them: look whether each is meant. You are told once, and again when they hide more.',
    warnings: [],
    entries: exclusions.map(toEntry),
    elsewhere: Math.max(0, total - exclusions.length),
    leftOut: (count) => `${quantity(count, 'more exclusion')} in force: GET api/exclusions lists them.`,
    facts: [
      { label: 'Hidden', value: [`${number(hidden)} of ${quantity(sightings, 'sighting')}`] },
      ...(before
        ? [
            {
              label: 'Told before',
              value: [`${number(before.hidden)} of ${number(before.sightings)}, `, new Date(before.toldAt)],
            },
          ]
        : []),
      { label: 'Window', value: [new Date(run.window.from), ' to ', new Date(run.window.to)] },
    ],
    links: linksOf(run),
    hunt: { ...describeHunt(message), description: '' },
  };
}

function toEntry({
  id,
  owner,
  createdBy,
  acceptBroad,
  hidden,
}: MuchHiddenMessage['exclusions'][number]): DescribedEntry {
  return {
    title: { text: showText(id, 80) },
    details: [
      { label: 'Owner', value: showText(owner, 120) },
      ...(createdBy === undefined
        ? []
        : [{ label: 'Written by', value: `${showText(createdBy, 120)} (unverified)` }]),
      ...(acceptBroad === undefined
        ? []
        : [{ label: 'Accepted as broad', value: showText(acceptBroad, 200) }]),
    ],
    lines: hidden === undefined ? [] : [[`Hides ${quantity(hidden, 'sighting')}`]],
  };
}

/** Never "100 %" for less than all. */
function percent(part: number, whole: number): string {
  return `${Math.min(99, Math.round((100 * part) / whole))} %`;
}
