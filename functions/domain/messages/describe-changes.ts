import type { DescribedEntry, DescribedMessage, Sentence } from './described-message.ts';
import type { Change, ChangesMessage } from './kinds/changes-message.ts';
import { number, quantity } from './quantity.ts';
import { showText } from './show-text.ts';

const verbs: Record<Change['what'], string> = {
  'exclusion-created': 'created',
  'exclusion-replaced': 'changed',
  'exclusion-removed': 'removed',
  'dead-letter-discarded': 'discarded',
};

export function describeChanges({ changes }: ChangesMessage): DescribedMessage {
  const [only] = changes;
  const hiding = changes.filter(({ what }) => what !== 'dead-letter-discarded').length;
  return {
    headline:
      changes.length === 1 && only
        ? `${nounOf(only.what)} ${verbs[only.what]}: ${showText(only.subject, 80)}`
        : headlineOf(hiding, changes.length - hiding),
    tone: changes.some(({ what }) => what !== 'exclusion-removed') ? 'warning' : 'information',
    explanation:
      'Exclusions decide what the hunts do not show. If you did not expect this, ask the person named below.',
    warnings: [],
    entries: mostHidingFirst(changes).map((change) =>
      toEntry(change, { short: changes.length > FEW, changedAgain: isChangedAgain(change, changes) }),
    ),
    elsewhere: 0,
    leftOut: (count) =>
      `${quantity(count, 'more change')}. GET /api/exclusions/{id} of the hunter's function app has the history of each.`,
    facts: [],
    links: [],
  };
}

function nounOf(what: Change['what']): string {
  return what === 'dead-letter-discarded' ? 'Undelivered message' : 'Exclusion';
}

function headlineOf(exclusions: number, letters: number): string {
  const parts = [
    ...(exclusions > 0 ? [`${quantity(exclusions, 'change')} of exclusions`] : []),
    ...(letters > 0 ? [`${quantity(letters, 'undelivered message')} discarded`] : []),
  ];
  return parts.join(', ');
}

/** Discarded messages, then what hides most (or who knows what), then the latest. */
function mostHidingFirst(changes: readonly Change[]): Change[] {
  const weight = ({ what, hides }: Change) => {
    if (what === 'dead-letter-discarded') return Number.POSITIVE_INFINITY;
    if (what === 'exclusion-removed') return -1;
    return hides?.whole ? hides.hidden : Number.MAX_SAFE_INTEGER;
  };
  return changes.toSorted((one, other) =>
    weight(one) === weight(other) ? Date.parse(other.at) - Date.parse(one.at) : weight(other) - weight(one),
  );
}

function isChangedAgain({ subject, at }: Change, changes: readonly Change[]): boolean {
  return changes.some((other) => other.subject === subject && Date.parse(other.at) > Date.parse(at));
}

/** More have less room for each one's words, so that each is named. */
const FEW = 3;

function toEntry(
  { what, subject, by, claimed, at, exclusion, hides }: Change,
  { short, changedAgain }: { short: boolean; changedAgain: boolean },
): DescribedEntry {
  const show: Show = (words, limit) => showText(words, short ? Math.min(limit, 40) : limit);
  const details = [
    ...(exclusion
      ? [
          { label: 'Applies to', value: reachOf(exclusion, show) },
          { label: 'Reason', value: show(exclusion.reason, 300) },
          { label: 'Owner', value: show(exclusion.owner, 120) },
          ...(exclusion.acceptBroad === undefined
            ? []
            : [{ label: 'Accepted as broad', value: show(exclusion.acceptBroad, 200) }]),
        ]
      : []),
    { label: 'By', value: `${show(by, 120)}${claimed ? ' (unverified)' : ''}` },
  ];
  return {
    title: { text: show(subject, 128) },
    details,
    lines: [
      [`${nounOf(what)} ${verbs[what]} `, new Date(at)],
      ...(exclusion ? [changedAgain ? ['It was changed again since, see there.'] : hidingOf(hides)] : []),
      ...(what === 'exclusion-removed'
        ? [['The next run tells what it hid, as far as that is still there.']]
        : []),
      ...(what === 'dead-letter-discarded' ? [['Its findings stay in the run reports.']] : []),
    ],
  };
}

type Show = (words: string, limit: number) => string;

function reachOf({ hunts, expires }: NonNullable<Change['exclusion']>, show: Show): string {
  const names = hunts.slice(0, 3).map((name) => show(name, 80));
  const more = hunts.length > names.length ? ` and ${number(hunts.length - names.length)} more` : '';
  return `${names.join('; ')}${more}, until ${showText(expires, 20)}`;
}

function hidingOf(hides: Change['hides']): Sentence {
  if (!hides) return ['How much it hides is not known.'];
  const { hidden, sightings, devices, whole } = hides;
  const atLeast = whole ? '' : ' at least';
  if (hidden === 0 && !whole) return ['How much it hides is not known: not every query was answered.'];
  return hidden === 0
    ? ['It hides nothing now.']
    : [
        `It hides${atLeast} ${number(hidden)} of ${quantity(sightings, 'sighting')} now, on ${quantity(devices, 'device')}.`,
      ];
}
