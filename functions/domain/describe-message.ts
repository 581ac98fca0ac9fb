import { parseTechnique, tacticName } from './attack.ts';
import { type DescribedFinding, describeFinding, type Linked, type Sentence } from './describe-finding.ts';
import { type Finding, type FindingKind, findingKinds } from './finding.ts';
import type { Message } from './message.ts';
import { number, quantity } from './quantity.ts';
import { showText } from './show-text.ts';

/** A message as people read it, for any chat channel; the same words everywhere. All text from data went through `showText`. */
export interface DescribedMessage {
  headline: string;
  /** What the headline means, for kinds of message that need it. */
  explanation?: string;
  /** What makes this run less than whole: read before trusting a small number. */
  warnings: string[];
  findings: DescribedFinding[];
  /** In `total` but not in this message. */
  elsewhere: number;
  facts: { label: string; value: Sentence }[];
  hunt: { name: string; description: string; tactics: string[]; techniques: Linked[]; workspace: string };
  runId: string;
}

const MAX_WARNINGS = 5;

export function describeMessage(message: Message): DescribedMessage {
  const findings = message.findings.toSorted((one, other) => rank(one) - rank(other));
  return {
    headline: headlineOf(message),
    ...explanationOf(message),
    warnings: warningsOf(message),
    findings: findings.map((finding) => describeFinding(finding, message.kind)),
    elsewhere: Math.max(0, message.total - findings.length),
    facts: factsOf(message),
    hunt: {
      name: showText(message.hunt.name, 160),
      description: showText(message.hunt.description.replace(/\s+/g, ' ').trim(), 400),
      tactics: message.hunt.tactics.slice(0, 5).map((tactic) => showText(tacticName(tactic), 60)),
      techniques: message.hunt.techniques.slice(0, 8).map((id) => {
        const technique = parseTechnique(id);
        return { text: showText(id, 30), ...(technique && { url: technique.url }) };
      }),
      workspace: showText(message.workspace.name ?? message.workspace.id, 80),
    },
    runId: showText(message.run.id, 64),
  };
}

/** The least room that says the same: "2 new devices talk to Addigy". */
function headlineOf(message: Message): string {
  const { subject, network } = subjectOf(message.hunt.name);
  const { total, devices, findings } = message;
  const about = network ? `talk${devices === 1 ? 's' : ''} to ${subject}` : '';
  const say = (who: string) => (about ? `${who} ${about}` : `${who}: ${subject}`);

  if (message.kind === 'baseline') {
    return `Baseline of ${subject}: ${quantity(total, 'sighting')} on ${quantity(devices, 'device')}`;
  }
  if (message.kind === 'unhidden') {
    return `No longer hidden: ${quantity(total, 'sighting')} of ${subject} on ${quantity(devices, 'device')}`;
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

/**
 * What the hunt is about, in few words, from its name. Names of Sentinel hunts often read "category - subject - kind of event":
 * then the middle is it. Any other name stands for itself.
 */
function subjectOf(name: string): { subject: string; network: boolean } {
  const parts = name.split(/\s+[-–—]\s+/).filter((part) => part.trim() !== '');
  const network = parts.length >= 3 && /^network connections?$/i.test(parts.at(-1)?.trim() ?? '');
  const subject = network ? parts.slice(1, -1).join(' - ') : name;
  return { subject: showText(subject, 80), network };
}

function explanationOf(message: Message): { explanation?: string } {
  if (message.kind === 'baseline') {
    return {
      explanation:
        'This is the first run: what it found is remembered as known. From now on only what is new is reported. Look for what does not belong here.',
    };
  }
  if (message.kind === 'unhidden') {
    return {
      explanation:
        'An exclusion that hid these has ended or changed. Renew it if they are known good, else treat them as findings.',
    };
  }
  return {};
}

function warningsOf(message: Message): string[] {
  const warnings = message.run.problems.map((problem) => showText(problem, 300));
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

function factsOf(message: Message): DescribedMessage['facts'] {
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
