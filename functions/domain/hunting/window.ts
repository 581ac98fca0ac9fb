import { kql, timespan } from '../kql/kql.ts';
import { codeOf } from '../kql/kql-code.ts';

/** Events reach the workspace late; one that is more than two days late is stamped with the time of receipt instead. */
const LATE_EVENTS_MS = 2 * 86_400_000;
/** Endpoint clocks run ahead. */
const CLOCKS_AHEAD_MS = 3_600_000;

export interface WindowRequest {
  query: string;
  /** The end of the last complete window. */
  watermark?: Date | undefined;
  /** For a query that says nothing of time. */
  defaultLookbackMs: number;
  /** What a person asked for. */
  requestedLookbackMs?: number | undefined;
  /** The first run, whose findings are the baseline: it looks no less far back than usual, whatever was asked for. */
  first?: boolean;
  /** A catch-up after an outage goes back no further than this (a query's own longer lookback stays as it is). */
  maxLookbackMs: number;
  /** From here on too, where the query is known to look that far or can be widened; where not, nothing is lost. */
  alsoFrom?: Date | undefined;
  now: Date;
}

/** The time span that a run covers. */
export interface Window {
  from: Date;
  to: Date;
  /** For the service, which intersects it with the query's own filters: `from`..`to` with slack for late events and clocks. */
  timespan: { from: Date; to: Date };
  /** The hunt's query, byte for byte, but for a relative time literal that had to be widened for this run. */
  query: string;
  /** True when `from` is as early as the lookback and the watermark ask for, and the query is known to look that far. */
  covered: boolean;
  /** What was not covered or is not known, in sentences. */
  problems: string[];
}

/**
 * Plans from the earlier of `now − lookback` and the watermark, to `now`. The lookback is the requested one, else the
 * query's own (`ago(5d)`, `now(-5d)`, `now() - 5d`, or such a literal behind a `let`), else the default.
 */
export function planWindow(request: WindowRequest): Window {
  const window = plan(request);
  const { alsoFrom } = request;
  if (alsoFrom === undefined || alsoFrom >= window.from) return window;
  const wider = plan({ ...request, watermark: alsoFrom });
  return wider.covered ? wider : window;
}

function plan(request: WindowRequest): Window {
  const { query, watermark, now } = request;
  const own = timeFilterOf(query);
  const usual = own.kind === 'relative' ? own.shortestMs : request.defaultLookbackMs;
  const tooShort = request.first && (request.requestedLookbackMs ?? usual) < usual;
  const requestedLookbackMs = tooShort ? undefined : request.requestedLookbackMs;
  const lookback = requestedLookbackMs ?? usual;
  const wanted = Math.min(now.getTime() - lookback, watermark?.getTime() ?? Number.POSITIVE_INFINITY);
  const longest = Math.max(request.maxLookbackMs, own.kind === 'relative' ? own.shortestMs : 0);
  const problems: string[] = [];
  let from = Math.max(wanted, now.getTime() - longest);
  if (from > wanted) {
    problems.push(
      `${iso(wanted)} to ${iso(from)} is not covered: a run goes back ${kql`${timespan(longest)}`.text} at most.`,
    );
  }

  let text = query;
  let reach = from;
  const slack = requestedLookbackMs === undefined ? LATE_EVENTS_MS : 0;
  if (own.kind === 'unknown') {
    // It is taken to reach back as far as the default. Its author hears of it when hunts are checked, a reader only when time may be missing.
    if (from < now.getTime() - request.defaultLookbackMs)
      problems.push(
        `The time filter of the query can't be recognised (line ${own.line}), so whether ${iso(from)} to ${iso(now.getTime())} ` +
          'is covered is not known. Write it with one relative literal such as ago(5d), or leave it out.',
      );
    if (requestedLookbackMs === undefined) reach = Math.min(from, now.getTime() - request.maxLookbackMs);
  } else if (own.kind === 'relative') {
    const ownFrom = now.getTime() - own.shortestMs;
    if (from < ownFrom && own.literal) {
      const hours = Math.ceil((now.getTime() - from + slack) / 3_600_000);
      const widened = kql`${timespan(hours * 3_600_000)}`.text;
      text = query.slice(0, own.literal.start) + widened + query.slice(own.literal.end);
    } else if (from < ownFrom) {
      problems.push(
        `${iso(from)} to ${iso(ownFrom)} may not be covered: the query has several relative times, so none of them was widened.`,
      );
      from = ownFrom;
    }
    if (requestedLookbackMs === undefined) reach = Math.min(from, now.getTime() - own.longestMs);
  }
  return {
    from: new Date(from),
    to: now,
    timespan: { from: new Date(reach - slack), to: new Date(now.getTime() + CLOCKS_AHEAD_MS) },
    query: text,
    covered: problems.length === 0,
    problems,
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

/** What a query itself says of time. `literal`: where it stands, when changing it changes the lookback and nothing else. */
type TimeFilter =
  | { kind: 'none' }
  | { kind: 'relative'; shortestMs: number; longestMs: number; literal?: { start: number; end: number } }
  | { kind: 'unknown'; line: number };

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };
const literal = String.raw`\d+(?:\.\d+)?(?:days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)\b`;
const operand = String.raw`(${literal}|[A-Za-z_]\w*)`;
const timeCall = /(?<!\w)(?:ago|now)\s*\(/g;
/** The three ways to write a time before now; what is subtracted must be the whole of it. */
const relativeTimes = [
  String.raw`ago\s*\(\s*${operand}\s*\)`,
  String.raw`now\s*\(\s*-\s*${operand}\s*\)`,
  String.raw`now\s*\(\s*\)\s*-\s*${operand}(?!\s*[*/(])`,
].map((pattern) => new RegExp(pattern, 'dy'));
const plainNow = /now\s*\(\s*\)(?!\s*[-+])/y;
const absoluteTime = /(?<!\w)(?:datetime|make_datetime)\s*\((?!\s*(?:null|[A-Za-z_]))/;
const convertedLiteral = /(?<!\w)todatetime\s*\(\s*["'@]/;

function timeFilterOf(query: string): TimeFilter {
  const code = codeOf(query);
  const literals = new Map<number, TimeLiteral>();
  let notRelative = (absoluteTime.exec(code) ?? convertedLiteral.exec(query))?.index;
  for (const { index } of code.matchAll(timeCall)) {
    const found = literalAt(code, index);
    if (found) literals.set(found.start, found);
    else if (matchAt(plainNow, code, index)) notRelative ??= index;
    else return { kind: 'unknown', line: lineOf(query, index) };
  }
  const [first, ...others] = [...literals.values()];
  if (!first)
    return notRelative === undefined
      ? { kind: 'none' }
      : { kind: 'unknown', line: lineOf(query, notRelative) };
  const all = [first.ms, ...others.map(({ ms }) => ms)];
  return {
    kind: 'relative',
    shortestMs: Math.min(...all),
    longestMs: Math.max(...all),
    ...(others.length === 0 && first.onlyForTime && { literal: { start: first.start, end: first.end } }),
  };
}

/** `onlyForTime`: nothing but times before now depends on it. */
interface TimeLiteral {
  start: number;
  end: number;
  ms: number;
  onlyForTime: boolean;
}

/** The literal that the `ago(` or `now(` at the offset goes back by, there or behind a `let`. */
function literalAt(code: string, offset: number): TimeLiteral | undefined {
  const match = relativeTimes.map((pattern) => matchAt(pattern, code, offset)).find((found) => found);
  const [start, end] = match?.indices?.[1] ?? [];
  const text = match?.[1];
  if (text === undefined || start === undefined || end === undefined) return undefined;
  if (/^\d/.test(text)) return { start, end, ms: milliseconds(text), onlyForTime: true };

  const declarations = [
    ...code.matchAll(new RegExp(String.raw`(?<!\w)let\s+${text}\s*=\s*(${literal})\s*;`, 'dg')),
  ];
  const [from, to] = declarations[0]?.indices?.[1] ?? [];
  if (declarations.length !== 1 || from === undefined || to === undefined) return undefined;
  const uses = [...code.matchAll(new RegExp(String.raw`(?<!\w)${text}(?!\w)`, 'g'))].length;
  const usesForTime = [...code.matchAll(timeCall)].filter(({ index }) =>
    relativeTimes.some((pattern) => matchAt(pattern, code, index)?.[1] === text),
  ).length;
  return {
    start: from,
    end: to,
    ms: milliseconds(code.slice(from, to)),
    onlyForTime: uses === usesForTime + 1,
  };
}

function matchAt(sticky: RegExp, text: string, offset: number): RegExpExecArray | null {
  sticky.lastIndex = offset;
  return sticky.exec(text);
}

function milliseconds(literalText: string): number {
  const unit = /[a-z]/.exec(literalText)?.[0] ?? '';
  return Math.round(Number.parseFloat(literalText) * (unitMs[unit] ?? Number.NaN));
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
