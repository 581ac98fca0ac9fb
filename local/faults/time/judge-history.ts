import type { Finding } from '../../../functions/domain/hunting/finding.ts';
import type { RunReport } from '../../../functions/domain/hunting/report.ts';
import {
  DAY,
  type History,
  type HistoryEvent,
  HOUR,
  type Minute,
  QUIET_ROUNDS,
  type Stretch,
  urlOf,
  within,
} from './history.ts';
import { dateOf, minuteOf, type Played, RETENTION_MS, type Round } from './play-history.ts';
import { THRESHOLD } from './simulated-hunt.ts';

/** What was told of one thing, and when. */
interface Told {
  at: Minute;
  /** Together with others that an edit of the hunt alone made new. */
  byEdit: boolean;
  finding: Finding;
}

/** What is wrong with what was told, judged by somebody who sees every event: sentences, none when all is right. */
export function judgeHistory(history: History, played: Played): string[] {
  const told = tellings(played);
  const begun = played.rounds.find(({ report }) => report?.baseline && claims(report));
  return [
    ...untrue(history, told),
    ...twice(history, told),
    ...groundlessGaps(history, played),
    ...(begun ? lost(history, played, told, begun) : []),
    ...(begun ? lies(history, played, told, begun) : []),
  ];
}

const nameOf = ({ device, url }: Pick<HistoryEvent, 'device' | 'url'>) => `device-${device} ${urlOf(url)}`;
const time = (minute: Minute) => dateOf(minute).toISOString().slice(0, 16);

function tellings({ messages }: Played): Map<string, Told[]> {
  const all = messages.flatMap(({ at, message }) =>
    'findings' in message
      ? message.findings.map((finding) => ({ at, finding, byEdit: message.digest === 'edited' }))
      : [],
  );
  return Map.groupBy(all, ({ finding: { identity } }) => `${identity.DeviceId} ${identity.RemoteUrl}`);
}

/** A report that says what it was asked was looked at. */
function claims(report: RunReport): boolean {
  return report.outcome === 'complete' || report.outcome === 'no-data';
}

/** Whatever is told was there, at the times that are told. */
function untrue({ events }: History, told: Map<string, Told[]>): string[] {
  return [...told].flatMap(([name, tellings]) => {
    const times = events.filter((event) => nameOf(event) === name).map(({ at }) => at);
    if (times.length === 0) return [`${name} was told and never was`];
    return tellings.flatMap(({ finding }) =>
      minuteOf(finding.firstSeen) < Math.min(...times) || minuteOf(finding.lastSeen) > Math.max(...times)
        ? [`${name} was told for a time at which it was not there`]
        : [],
    );
  });
}

/** What is told again has a reason that is told with it, and the same reason once; an edit is one digest. */
function twice(
  { off, failing, partial, deaths, editedAt = 0 }: History,
  told: Map<string, Told[]>,
): string[] {
  // What is caught up in several runs is told by each.
  const calm = [off, failing, partial, deaths].every((all) => all.length === 0);
  const edits = new Set([...told.values()].flat().flatMap(({ at, byEdit }) => (byEdit ? [at] : [])));
  const repeated = [...told].flatMap(([name, tellings]) => {
    const first = tellings.filter(
      ({ finding, byEdit }) => !byEdit && ['new-device', 'new-activity'].includes(finding.kind),
    );
    // What an edit makes of a thing that was known is another thing: it can be told once more.
    const since = first.filter(({ at }) => editedAt > 0 && at >= editedAt);
    const ids = new Set(tellings.map(({ finding }) => finding.id));
    return first.length - since.length > 1 || since.length > 1 || ids.size < tellings.length
      ? [
          `${name} was told ${tellings.length} times: ${tellings.map(({ at, finding }) => `${finding.kind} at ${time(at)}`).join(', ')}`,
        ]
      : [];
  });
  return calm && edits.size > 1 ? [...repeated, 'one edit was told in several runs'] : repeated;
}

/** A gap is named only where the app or the workspace was away for longer than the docs allow for. */
function groundlessGaps(history: History, played: Played): string[] {
  return gapsOf(played).flatMap(({ from, to, at }) => {
    const tooOld = (at - from) * 60_000 >= RETENTION_MS;
    const away = [...history.failing, ...history.partial].some((fault) => fault.to > from);
    const refused = history.longestHours !== undefined;
    return tooOld || away || refused ? [] : [`a gap from ${time(from)} to ${time(to)} was told without need`];
  });
}

function gapsOf({ messages }: Played): (Stretch & { at: Minute })[] {
  return messages.flatMap(({ at, message }) =>
    message.kind === 'gap'
      ? message.gaps.map(({ from, to }) => ({ at, from: minuteOf(from), to: minuteOf(to) }))
      : [],
  );
}

/** In the end everything that was to be found is told, or lies in a gap that is told. */
function lost(history: History, played: Played, told: Map<string, Told[]>, begun: Round): string[] {
  const end = (history.rounds + QUIET_ROUNDS) * history.interval * HOUR;
  const gaps = [...gapsOf(played), ...stillRefused(history, played)];
  return toFind(history, begun, end)
    .filter(({ name, times }) => !told.has(name) && !times.every((at) => within(gaps, at)))
    .filter((thing) => !isHidden(history, thing, end))
    .map(
      ({ name, times }) => `${name} was never told, although it was there at ${times.map(time).join(', ')}`,
    );
}

/** A workspace that refuses long ranges refuses whole days each time; so long as they are owed and tried, nothing is lost yet. */
function stillRefused({ longestHours }: History, { rounds }: Played): Stretch[] {
  if (longestHours === undefined) return [];
  const last = rounds.findLast(({ report }) => report && claims(report))?.report;
  return (last?.owed ?? []).map(({ from, to }) => ({ from: minuteOf(from), to: minuteOf(to) }));
}

/** After each run, what lies in what it and those before say they looked at is told, or owed. */
function lies(history: History, played: Played, told: Map<string, Told[]>, begun: Round): string[] {
  const gaps = gapsOf(played);
  return played.rounds.flatMap(({ at, report }) => {
    if (at < begun.at || !report || !claims(report) || !report.window) return [];
    const searched = { from: beginningOf(begun), to: minuteOf(report.window.to) };
    const owed = report.owed.map(({ from, to }) => ({
      from: minuteOf(from),
      to: minuteOf(to),
    }));
    const heard = history.events.filter(
      (event) =>
        event.at + event.delay <= at && within([searched], event.at) && !within([...owed, ...gaps], event.at),
    );
    return found(history, heard)
      .filter(({ name }) => !told.get(name)?.some((telling) => telling.at <= at))
      .filter((thing) => !isHidden(history, thing, at))
      .map(
        ({ name, times }) =>
          `the run of ${time(at)} was ${report.outcome}, and did not tell of ${name} at ${times.map(time).join(', ')}`,
      );
  });
}

function beginningOf({ at, report }: Round): Minute {
  return report?.window ? minuteOf(report.window.from) : at;
}

function toFind(history: History, begun: Round, end: Minute) {
  const searched = { from: beginningOf(begun), to: end };
  return found(
    history,
    // What comes late is looked for once a day, and what is found to be late is looked at by a run.
    history.events.filter(
      ({ at, delay }) => within([searched], at) && at + delay <= end - DAY - history.interval * HOUR,
    ),
  );
}

/** Things that a hunt is to find among events, and when they were there. */
function found(history: History, events: readonly HistoryEvent[]): { name: string; times: Minute[] }[] {
  // A workspace that refuses long ranges can't be asked for rows that came later than they happened, but for a while before each look: the docs say so.
  const askable = events.filter(({ delay }) => history.longestHours === undefined || delay === 0);
  const things = [...Map.groupBy(askable, nameOf)].map(([name, all]) => ({
    name,
    times: all.map(({ at }) => at).toSorted((one, other) => one - other),
  }));
  if (history.shape !== 'counts') return things;
  // So many within a quarter of what one run covers lie together in some run, however its slices fall, unless a border is between them.
  const step = Math.min(4, history.interval) * HOUR;
  return things.flatMap(({ name, times }) => {
    const together = [...Map.groupBy(times, (at) => Math.ceil(at / step)).values()].filter(
      (group) => group.length >= THRESHOLD,
    );
    return together.length > 0 ? [{ name, times: together.flat() }] : [];
  });
}

/** While an exclusion is in force it hides; what it hid is to be told when it has ended and the thing is there again. */
function isHidden(
  { exclusion }: History,
  { name, times }: { name: string; times: Minute[] },
  at: Minute,
): boolean {
  if (!exclusion || !name.endsWith(urlOf(exclusion.url))) return false;
  return at >= exclusion.from && times.every((seen) => seen < exclusion.to);
}
