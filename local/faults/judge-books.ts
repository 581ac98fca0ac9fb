import type { Received } from '../environment/receiver/start-receiver.ts';
import type { Said } from './app-under-fault.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { BookRow } from './open-stage.ts';

/** What is wrong after a case, each in sentences. */
export interface Wrong {
  /** Never told. */
  lost: string[];
  /** Twice in what is remembered. */
  double: string[];
  /** Longer than its limit, or never done. */
  stuck: string[];
  /** A report that does not match the books. */
  lying: string[];
  /** The same message twice on a channel, where nothing excuses it. */
  twice: string[];
}

export function isWrong(wrong: Wrong): boolean {
  return Object.values(wrong).some((sentences) => sentences.length > 0);
}

export interface Evidence {
  scene: string;
  boundary: string;
  kind: FaultKind;
  said: readonly Said[];
  /** What a run said, and the table after it; the first is the one that met the fault. */
  books: readonly { said: Said; rows: readonly BookRow[] }[];
  /** That are to be found. */
  devices: readonly string[];
  posts: readonly Received[];
  overtimeMs: number;
}

export function judgeBooks(evidence: Evidence): Wrong {
  return {
    lost: lost(evidence),
    double: double(evidence),
    stuck: stuck(evidence),
    lying: lying(evidence),
    twice: twice(evidence),
  };
}

const channels = ['teams', 'webhook'] as const;

function accepted({ posts }: Evidence, channel: string): readonly Received[] {
  return posts.filter((post) => post.channel === channel && post.status < 300);
}

function lost(evidence: Evidence): string[] {
  const { boundary, kind, devices, scene } = evidence;
  const refused = deadLetters(evidence);
  const untold = channels
    // A webhook that says 204 has taken the message: that is what it means.
    .filter((channel) => !(boundary.startsWith(`${channel}:`) && kind.name === '204'))
    .flatMap((channel) =>
      devices
        .filter((device) => !accepted(evidence, channel).some(({ body }) => body.includes(device)))
        .filter((device) => !refused.some((text) => text.includes(device)))
        .map((device) => `${channel} never heard of ${device}`),
    );
  return scene === 'weekly' &&
    ![...accepted(evidence, 'teams').map(({ body }) => body), ...refused].some((text) => /week/i.test(text))
    ? [...untold, 'teams never got the weekly summary']
    : untold;
}

/** Whoever refuses a message for its own sake sees to it that it lies in the dead letters, where people find it. Only the webhook function and the channels see a message. */
function deadLetters({ boundary, books }: Evidence): string[] {
  if (!/^(webhook function|teams|webhook):/.test(boundary)) return [];
  return (books.at(-1)?.rows ?? [])
    .filter(({ rowKey }) => rowKey.startsWith('dead|'))
    .map((row) => JSON.stringify(row));
}

function double({ books, devices }: Evidence): string[] {
  const rows = books.at(-1)?.rows ?? [];
  const findings = rows.filter(({ rowKey }) => rowKey.startsWith('finding|'));
  const seen = rows.filter(({ rowKey }) => rowKey.startsWith('seen|'));
  const identities = new Set(seen.map(({ Identity }) => String(Identity)));
  return [
    ...(findings.length > devices.length
      ? [`${findings.length} findings are stored of ${devices.length} devices`]
      : []),
    ...(seen.length > identities.size
      ? [`${seen.length - identities.size} things are remembered twice`]
      : []),
  ];
}

function stuck({ overtimeMs, books }: Evidence): string[] {
  const last = books.at(-1);
  const waiting = last?.rows.filter(({ rowKey }) => rowKey.startsWith('outbox|')) ?? [];
  const outcomes = last?.said.reports.map(({ outcome }) => outcome) ?? [];
  return [
    ...(overtimeMs > 0 ? [`the run took ${Math.round(overtimeMs)} ms more than its limit`] : []),
    ...(waiting.length > 0 ? [`${waiting.length} messages wait for good`] : []),
    ...(outcomes.length === 1 && outcomes[0] === 'complete'
      ? []
      : [`three quiet runs later a run is ${outcomes.join() || last?.said.error || 'without a report'}`]),
  ];
}

function lying({ books, said, kind }: Evidence): string[] {
  const stored = (rows: readonly BookRow[]) =>
    rows.filter(({ rowKey }) => rowKey.startsWith('finding|')).length;
  const told = (all: readonly Said[]) =>
    all.flatMap(({ reports }) => reports).reduce((sum, { findings }) => sum + findings.length, 0);
  const last = books.at(-1);
  const died = kind.fault.what === 'kill';
  const sums =
    last && !died && stored(last.rows) !== told(said)
      ? [`the reports tell of ${told(said)} findings, and ${stored(last.rows)} are stored`]
      : [];
  const claims = books.flatMap(({ said: { reports }, rows }) =>
    reports.flatMap(({ outcome, window, runId }) => {
      if (outcome !== 'complete' || !window) return [];
      const state = rows.find(({ rowKey }) => rowKey === 'state');
      const watermark = state?.Watermark instanceof Date ? state.Watermark.toISOString() : 'none';
      return watermark < window.to
        ? [`run ${runId} is complete up to ${window.to}, and the watermark is ${watermark}`]
        : [];
    }),
  );
  return [...sums, ...claims];
}

/** A death, or a storage that failed, between a channel's answer and its record is the one excuse. */
function twice(evidence: Evidence): string[] {
  const { boundary, kind } = evidence;
  const excused =
    boundary.includes('delivery') ||
    (/^(teams|webhook):/.test(boundary) && !(kind.fault.what === 'answer' && !kind.fault.reaches));
  if (excused) return [];
  return channels.flatMap((channel) => {
    const ids = accepted(evidence, channel).map(({ headers, body }) => headers['webhook-id'] ?? body);
    const repeated = ids.length - new Set(ids).size;
    return repeated > 0 ? [`${channel} got ${repeated} messages twice`] : [];
  });
}
