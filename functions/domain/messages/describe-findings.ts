import { type Finding, type FindingKind, findingKinds } from '../hunting/finding.ts';
import { describeFinding } from './describe-finding.ts';
import { describeHunt, linksOf, subjectOf } from './describe-hunt.ts';
import type { DescribedMessage, Sentence } from './described-message.ts';
import type { FindingsMessage } from './kinds/findings-message.ts';
import { number, quantity } from './quantity.ts';
import { showText } from './show-text.ts';

const MAX_WARNINGS = 5;

const tones = { findings: 'alarm', unhidden: 'warning', baseline: 'information' } as const;

export function describeFindings(message: FindingsMessage): DescribedMessage {
  const findings = message.findings.toSorted((one, other) => rank(one) - rank(other));
  const { kind, run } = message;
  return {
    headline: headlineOf(message),
    tone: tones[kind],
    ...explanationOf(message),
    warnings: warningsOf(message),
    entries: findings.map((finding) => describeFinding(finding, kind)),
    elsewhere: Math.max(0, message.total - findings.length),
    leftOut: (count) =>
      `${number(count)} more not shown here. All of them: GET /api/runs/${showText(run.id, 64)} of the hunter's function app.`,
    facts: factsOf(message),
    links: linksOf(run),
    hunt: describeHunt(message),
  };
}

/** The least room that says the same: "2 new devices talk to Addigy". */
function headlineOf(message: FindingsMessage): string {
  const { subject, network } = subjectOf(message.hunt.name);
  const { total, devices, findings } = message;
  const about = network ? `talk${devices === 1 ? 's' : ''} to ${subject}` : '';
  const say = (who: string) => (about ? `${who} ${about}` : `${who}: ${subject}`);

  if (message.kind === 'baseline') {
    return `Baseline of ${subject}: ${quantity(total, 'sighting')} on ${quantity(devices, 'device')}`;
  }
  if (message.digest === 'edited')
    return `The hunt was edited: ${quantity(total, 'more sighting')} of ${quantity(devices, 'known device')}: ${subject}`;
  if (message.kind === 'unhidden') {
    return `${devices === 0 ? quantity(total, 'sighting') : quantity(devices, 'device')} visible again: ${endedInShort(message) ?? subject}`;
  }
  if (devices === 0) return `${quantity(total, 'new finding')}: ${subject}`;
  if (total > findings.length)
    return `${quantity(total, 'new finding')} on ${quantity(devices, 'device')}: ${subject}`;
  const kinds = findingKinds.filter((kind) => findings.some((finding) => finding.kind === kind));
  if (kinds.length > 1)
    return `${say(quantity(devices, 'device'))} (${kinds.map((kind) => tally(findings, kind)).join(', ')})`;
  if (kinds[0] === 'returned') return `${say(quantity(devices, 'device'))}, again after a long silence`;
  if (kinds[0] === 'new-activity') return `New activity on ${quantity(devices, 'known device')}: ${subject}`;
  return say(quantity(devices, 'new device'));
}

const tallyNames: Record<FindingKind, string> = {
  'new-device': 'new',
  'new-activity': 'with new activity',
  returned: 'back after a long silence',
  unhidden: 'no longer hidden',
};

/** "2 with new activity": devices, not findings. */
function tally(findings: Finding[], kind: FindingKind): string {
  const devices = new Set(
    findings.filter((finding) => finding.kind === kind).map(({ device }) => device?.id ?? device?.name),
  );
  return `${number(devices.size)} ${tallyNames[kind]}`;
}

function explanationOf(message: FindingsMessage): { explanation?: string } {
  if (message.kind === 'baseline') {
    return {
      explanation:
        'This is the first run: what it found is remembered as known. From now on only what is new is reported. Look for what does not belong here.',
    };
  }
  if (message.digest === 'edited') {
    return {
      explanation:
        'These devices were known to the hunt before. It lists them anew because its query or what makes two rows the same thing has changed.',
    };
  }
  if (message.digest === 'catch-up') {
    return {
      explanation:
        'Found in time that no run had looked at: after an outage, or when rows came late. It was hunted as it would have been then.',
    };
  }
  if (message.kind === 'unhidden') {
    return {
      explanation: `${endedBy(message)} Renew it if they are known good, else treat them as findings.`,
    };
  }
  return {};
}

const MAX_ENDED = 3;
const ends = {
  expired: 'ended after',
  removed: 'was removed; first missed on',
  changed: 'was changed; first missed on',
};

/** "lab-devices, ended 2027-05-31", of the exclusion that hid most. */
function endedInShort({ ended: [first, ...others] = [] }: FindingsMessage): string | undefined {
  if (!first) return undefined;
  const how = first.how === 'expired' ? 'ended' : first.how;
  const more = others.length > 0 ? `, and ${quantity(others.length, 'other exclusion')}` : '';
  return `${showText(first.exclusion, 64)}, ${how} ${first.on}${more}`;
}

function endedBy({ ended = [] }: FindingsMessage): string {
  if (ended.length === 0) return 'An exclusion that hid these has ended or changed.';
  const each = ended
    .slice(0, MAX_ENDED)
    .map(
      ({ exclusion, how, on, findings }) =>
        `Exclusion ${showText(exclusion, 64)} ${ends[how]} ${on} (hid ${number(findings)}).`,
    );
  const left = ended.length - MAX_ENDED;
  return [...each, ...(left > 0 ? [`So did ${number(left)} more.`] : [])].join(' ');
}

function warningsOf(message: FindingsMessage): string[] {
  const warnings = message.run.problems.map((problem) => showText(problem, 300));
  const { owed } = message.run;
  if (owed)
    warnings.unshift(
      `Not all of the time from ${minute(owed.from)} to ${minute(owed.to)} (UTC) has been searched yet. The next runs do.`,
    );
  if (message.coverage.rows === 0) {
    warnings.unshift('The tables had no rows in the window. Is the data connector on?');
  }
  if (!message.run.complete) {
    warnings.unshift('This run is incomplete: there may be more than is shown here.');
  }
  const left = warnings.length - MAX_WARNINGS;
  return left > 0
    ? [...warnings.slice(0, MAX_WARNINGS), `${quantity(left, 'more problem')} in the run report.`]
    : warnings;
}

/** `2026-08-01 04:00` */
const minute = (iso: string) => iso.slice(0, 16).replace('T', ' ');

function factsOf(message: FindingsMessage): DescribedMessage['facts'] {
  const { coverage, counts, run } = message;
  const newest: Sentence = coverage.newest === null ? [] : [', newest ', new Date(coverage.newest)];
  const searched: Sentence =
    coverage.rows === null
      ? ['how much data there was is not known']
      : [`${quantity(coverage.rows, 'row')}`, ...newest];
  return [
    { label: 'Window', value: [new Date(run.window.from), ' to ', new Date(run.window.to)] },
    { label: 'Data', value: searched },
    {
      label: 'Sightings',
      value: [
        `${number(counts.sightings)}, of them ${number(message.total)} reported, ${number(counts.known)} known, ${number(counts.hidden)} hidden by exclusions`,
      ],
    },
  ];
}

/** What matters most comes first; within a kind the order of the message stays. */
function rank(finding: Finding): number {
  return findingKinds.indexOf(finding.kind);
}
