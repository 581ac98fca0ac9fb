import { parseTechnique, tacticName } from './attack.ts';
import { type Finding, type FindingKind, findingKinds } from './finding.ts';
import type { Message } from './message.ts';
import { showText } from './show-text.ts';

/** A sentence: text that is inert but for the channel's own markup, and moments that the channel shows in the reader's time zone. */
export type Sentence = (string | Date)[];

/** Text with a page behind it, where there is one. */
export interface Linked {
  text: string;
  url?: string;
}

/** One finding as people read it. */
export interface DescribedFinding {
  /** Absent in digests, where it is the same for all. */
  kind?: { kind: FindingKind; name: string };
  device?: Linked;
  /** What the row says, the telling columns first: `{ label: 'URL', value: 'agents.addigy.com' }`. */
  details: { label: string; value: string }[];
  seen: Sentence;
}

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
const MAX_DETAILS = 6;

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
  const { coverage, counts, run, part } = message;
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
    ...(part.of > 1 ? [{ label: 'Part', value: [`${part.number} of ${part.of}`] }] : []),
  ];
}

/** What matters most comes first; within a kind the order of the message stays. */
function rank(finding: Finding): number {
  return findingKinds.indexOf(finding.kind);
}

const kindNames: Record<FindingKind, string> = {
  'new-device': 'New device',
  'new-activity': 'New activity',
  returned: 'Returned',
  unhidden: 'No longer hidden',
};

/** Columns that tell an analyst most, in this order; of several names for one thing the first that has a value counts. */
const telling: { label: string; columns: string[]; limit: number }[] = [
  { label: 'URL', columns: ['RemoteUrl', 'Url'], limit: 200 },
  { label: 'IP', columns: ['RemoteIP', 'DestinationIP', 'IPAddress'], limit: 60 },
  { label: 'Process', columns: ['InitiatingProcessFileName', 'ProcessName'], limit: 80 },
  { label: 'Command', columns: ['InitiatingProcessCommandLine', 'ProcessCommandLine'], limit: 200 },
  {
    label: 'Account',
    columns: [
      'AccountUpn',
      'InitiatingProcessAccountUpn',
      'AccountName',
      'InitiatingProcessAccountName',
      'UserPrincipalName',
    ],
    limit: 80,
  },
  { label: 'File', columns: ['FileName'], limit: 80 },
  { label: 'SHA-256', columns: ['SHA256', 'InitiatingProcessSHA256'], limit: 64 },
];
const deviceColumns = ['DeviceId', 'DeviceName', 'Computer', 'HostName'];

function describeFinding(finding: Finding, messageKind: Message['kind']): DescribedFinding {
  const device = describeDevice(finding.device);
  return {
    ...(messageKind === 'findings' && { kind: { kind: finding.kind, name: kindNames[finding.kind] } }),
    ...(device && { device }),
    details: detailsOf(finding),
    seen: describeSeen(finding),
  };
}

function describeDevice(device: Finding['device']): Linked | undefined {
  const text = device?.name || device?.id;
  if (!text) return undefined;
  const url = defenderPage(device?.id);
  return { text: showText(text, 80), ...(url !== undefined && { url }) };
}

/** Defender for Endpoint's device ids are SHA-1 hashes in hex: nothing else becomes part of a link. */
function defenderPage(id: string | undefined): string | undefined {
  return id !== undefined && /^[0-9a-f]{40}$/i.test(id)
    ? `https://security.microsoft.com/machines/${id}`
    : undefined;
}

/** The telling columns, then the rest of the identity: whatever the hunt, what makes the finding the thing it is can be read. */
function detailsOf(finding: Finding): { label: string; value: string }[] {
  const values: Record<string, unknown> = { ...finding.row, ...finding.identity };
  const details: { label: string; value: string }[] = [];
  for (const { label, columns, limit } of telling) {
    const value = columns
      .map((column) => values[column])
      .find((cell) => cell !== null && cell !== undefined && cell !== '');
    if (value !== undefined) details.push({ label, value: showText(String(value), limit) });
  }
  const shown = new Set([...deviceColumns, ...telling.flatMap(({ columns }) => columns)]);
  const rest = Object.entries(finding.identity).filter(
    ([column, value]) => !shown.has(column) && value !== '',
  );
  for (const [column, value] of rest) {
    details.push({ label: showText(column, 40), value: showText(value, 120) });
  }
  const left = details.length - MAX_DETAILS;
  return left > 0
    ? [
        ...details.slice(0, MAX_DETAILS),
        { label: 'More', value: `${quantity(left, 'column')} in the run report` },
      ]
    : details;
}

const MINUTE_MS = 60_000;

function describeSeen(finding: Finding): Sentence {
  const first = new Date(finding.firstSeen);
  const last = new Date(finding.lastSeen);
  const times =
    finding.count === undefined ? '' : `, ${finding.count === 1 ? 'once' : `${number(finding.count)} times`}`;
  const span: Sentence =
    last.getTime() - first.getTime() < MINUTE_MS
      ? ['Seen ', first, times]
      : ['Seen ', first, ' to ', last, times];
  return finding.previouslySeen === undefined
    ? span
    : [...span, '; before that last ', new Date(finding.previouslySeen)];
}

function quantity(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
