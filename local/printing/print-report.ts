import { styleText } from 'node:util';
import { table } from 'table';
import type { WatchlistState } from '../../functions/domain/exclusions/watchlist-state.ts';
import type { Finding } from '../../functions/domain/hunting/finding.ts';
import type { DeliveryReport, OutboxReport, RunReport } from '../../functions/domain/hunting/report.ts';
import { showText } from '../../functions/domain/messages/show-text.ts';

export interface PrintOptions {
  /** Width of the terminal. */
  columns?: number;
  colour?: boolean;
}

export interface PrintedRuns {
  reports: RunReport[];
  outbox?: OutboxReport;
  /** By run: events that were there and that its window left out, in a sentence each. */
  unhunted?: Record<string, string[]>;
}

type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;

const MAX_FINDINGS = 50;
/** A cell wraps; these keep it to about three lines. */
const MAX_DEVICE = 64;
const MAX_WHAT = 90;

/**
 * What runs found and where it went, for a person at a terminal. Whatever comes from data stands on one line without anything invisible
 * in it: no control character or escape sequence reaches the terminal.
 */
export function printReport(
  { reports, outbox, unhunted = {} }: PrintedRuns,
  { columns = 100, colour = false }: PrintOptions = {},
): string {
  const paint: Paint = (format, text) => (colour ? styleText(format, text, { validateStream: false }) : text);
  const width = Math.max(72, Math.min(columns, 160));
  const lines = reports.flatMap((report) => [
    ...heading(report, paint),
    ...facts(report, unhunted[report.runId] ?? [], paint),
    ...findingsOf(report, width, paint),
    ...deliveriesOf(report, outbox, paint),
    '',
  ]);
  return [...lines, ...outboxLines(reports, outbox, paint)].join('\n');
}

function heading({ hunt, workspace, runId }: RunReport, paint: Paint): string[] {
  const about = [
    ...hunt.techniques,
    ...hunt.tactics,
    `workspace ${workspace.name ?? workspace.id}`,
    `run ${runId}`,
  ];
  return [paint('bold', shown(hunt.name)), paint('dim', `  ${about.map((part) => shown(part)).join(' · ')}`)];
}

const outcomes: Record<
  RunReport['outcome'] | 'in-part',
  { text: string; format: 'green' | 'yellow' | 'red' }
> = {
  complete: { text: 'complete', format: 'green' },
  'in-part': {
    text: 'its window is covered, but there are events outside of it, see below',
    format: 'yellow',
  },
  'no-data': { text: 'no data: the tables are empty in this window. Is the connector on?', format: 'yellow' },
  incomplete: { text: 'incomplete: a part of the window is not covered, see below', format: 'yellow' },
  failed: { text: 'failed', format: 'red' },
  'lease-held': { text: 'not run: another run is at it', format: 'yellow' },
};

function facts(
  {
    outcome,
    baseline,
    dryRun,
    window,
    coverage,
    counts,
    exclusions,
    caughtUp,
    owed,
    gaps,
    problems,
  }: RunReport,
  unhunted: string[],
  paint: Paint,
): string[] {
  const { text, format } = outcomes[unhunted.length > 0 && outcome === 'complete' ? 'in-part' : outcome];
  const remarks = [
    ...(baseline && !dryRun ? ['first run: what is there now is the baseline, told in one digest'] : []),
    ...(baseline && dryRun ? ['nothing is remembered yet, so all is new'] : []),
    ...(dryRun ? ['dry run: nothing is remembered or sent'] : []),
  ];
  const rows: [string, string][] = [['outcome', [paint(format, text), ...remarks].join('; ')]];
  if (window) {
    rows.push(['window', `${minute(window.from)} to ${minute(window.to)} UTC (${span(window)})`]);
    const newest = coverage.newest ? `, the newest of ${minute(coverage.newest)} UTC` : '';
    rows.push(['rows', `${coverage.rows === null ? 'not known' : number(coverage.rows)}${newest}`]);
    const { sightings, hidden, known } = counts;
    rows.push([
      'sightings',
      `${number(sightings)}: ${number(hidden)} hidden by exclusions, ${number(known)} known, ${paint('bold', `${number(counts.new)} new`)}`,
    ]);
    rows.push(['exclusions', exclusionsText(exclusions)]);
    if (caughtUp)
      rows.push([
        'caught up',
        `${minute(caughtUp.from)} to ${minute(caughtUp.to)} UTC, which no run had looked at, in ${number(caughtUp.slices)} look${caughtUp.slices === 1 ? '' : 's'}`,
      ]);
    const [first] = owed;
    if (first)
      rows.push([
        'owed',
        `${number(owed.length)} span${owed.length === 1 ? '' : 's'} still to be looked at, the first from ${minute(first.from)} UTC`,
      ]);
  }
  return [
    ...rows.map(([name, value]) => `  ${name.padEnd(12)}${value}`),
    ...(exclusions.watchlists ?? []).map((list) => `              ${watchlistText(list)}`),
    ...hiders(exclusions).map((line) => `              ${line}`),
    ...exclusions.leftOut
      // One that is left out as a whole is among the problems.
      .filter(({ id }) => exclusions.applied.includes(id))
      .map(({ id, reason }) => `              ${shown(id)}: ${showText(reason, 400)}`),
    ...unhunted.map((sentence) => paint('yellow', `  ! ${sentence}`)),
    ...gaps.map(({ from, to, reason }) =>
      paint('red', `  ! nobody will look at ${minute(from)} to ${minute(to)} UTC: ${showText(reason, 300)}`),
    ),
    ...problems.map((problem) => paint('yellow', `  ! ${showText(problem, 400)}`)),
  ];
}

function exclusionsText({ applied, leftOut }: RunReport['exclusions']): string {
  const ids = [...new Set(leftOut.map(({ id }) => id))];
  const inPart = ids.filter((id) => applied.includes(id)).length;
  const out = ids.length - inPart;
  return [
    `${number(applied.length)} applied`,
    ...(inPart > 0 ? [`${number(inPart)} of them in part`] : []),
    ...(out > 0 ? [`${number(out)} left out`] : []),
  ].join(', ');
}

function watchlistText({ alias, entries, changed }: WatchlistState): string {
  const age = changed === null ? '' : `, changed ${minute(changed)} UTC`;
  return `watchlist ${shown(alias)}: ${number(entries)} ${entries === 1 ? 'entry' : 'entries'}${age}`;
}

/** Which exclusion hid what, where the run found that out. */
function hiders({ reckoned }: RunReport['exclusions']): string[] {
  if (!reckoned) return [];
  const { each, together } = reckoned;
  return [
    ...each
      .filter(({ hidden }) => hidden > 0)
      .map(({ exclusion, hidden, devices }) => {
        const where = devices > 0 ? ` on ${number(devices)} device${devices === 1 ? '' : 's'}` : '';
        return `${shown(exclusion)} hides ${number(hidden)}${where}`;
      }),
    ...(together > 0 ? [`several between them hide ${number(together)}`] : []),
  ];
}

function findingsOf({ findings, window }: RunReport, width: number, paint: Paint): string[] {
  if (findings.length === 0) return window ? ['', '  Nothing new.'] : [];
  const [kind, time, count] = [12, 11, 7];
  const free = width - kind - 2 * time - count - 6 * 2;
  const device = Math.floor(free * 0.42);
  const rows = findings
    .slice(0, MAX_FINDINGS)
    .map((finding) => [
      paint(finding.kind === 'unhidden' ? 'yellow' : 'red', finding.kind),
      showText(finding.device?.name ?? finding.device?.id ?? '(no device)', MAX_DEVICE),
      showText(whatOf(finding), MAX_WHAT),
      minute(finding.firstSeen).slice(5),
      minute(finding.lastSeen).slice(5),
      finding.count === undefined ? '' : number(finding.count),
    ]);
  const head = ['KIND', 'DEVICE', 'WHAT', 'FIRST SEEN', 'LAST SEEN', 'COUNT'].map((name) =>
    paint('dim', name),
  );
  const text = table([head, ...rows], {
    columns: [
      { width: kind },
      { width: device },
      { width: free - device },
      { width: time },
      { width: time },
      { width: count, alignment: 'right' },
    ],
    columnDefault: { paddingLeft: 2, paddingRight: 0 },
    drawHorizontalLine: () => false,
    drawVerticalLine: () => false,
  });
  const more = findings.length - MAX_FINDINGS;
  return [
    '',
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd()),
    ...(more > 0 ? [paint('dim', `  and ${number(more)} more`)] : []),
  ];
}

/** The identity without the device, which has a column of its own. */
function whatOf({ identity, device }: Finding): string {
  const values = Object.values(identity).filter((value) => value !== '' && value !== device?.id);
  return values.join(' · ') || '(nothing but the device)';
}

function deliveriesOf(
  { runId, findings, dryRun }: RunReport,
  outbox: OutboxReport | undefined,
  paint: Paint,
): string[] {
  if (dryRun || findings.length === 0) return [];
  // A message's id begins with its run's.
  const own = outbox?.deliveries.filter(({ messageId }) => messageId.startsWith(`${runId}.`)) ?? [];
  if (own.length === 0) return ['', paint('yellow', '  delivered   not yet')];
  const channels = [...new Set(own.map(({ channel }) => channel))];
  return ['', ...channels.map((channel, i) => deliveryLine(channel, own, i === 0, paint))];
}

/** One line for a channel: of a message tried more than once, the last outcome counts. */
function deliveryLine(channel: string, deliveries: DeliveryReport[], first: boolean, paint: Paint): string {
  const last = new Map(
    deliveries.filter((one) => one.channel === channel).map((one) => [one.messageId, one]),
  );
  const outcomes = [...last.values()].filter(({ outcome }) => outcome !== 'not-needed');
  const bad = outcomes.find(({ outcome }) => outcome !== 'delivered' && outcome !== 'already-delivered');
  const messages = `${number(outcomes.length)} message${outcomes.length === 1 ? '' : 's'}`;
  const text = bad
    ? paint('yellow', `${bad.outcome}${bad.reason ? `: ${showText(bad.reason, 200)}` : ''}`)
    : paint('green', `delivered, ${messages}`);
  return `  ${(first ? 'delivered' : '').padEnd(12)}${shown(channel)}: ${text}`;
}

/** What the runs above do not say themselves: messages of earlier runs, and what waits or was given up. */
function outboxLines(reports: RunReport[], outbox: OutboxReport | undefined, paint: Paint): string[] {
  if (!outbox) return [];
  const earlier = outbox.deliveries.filter(
    ({ messageId, outcome }) =>
      outcome === 'delivered' && !reports.some(({ runId }) => messageId.startsWith(`${runId}.`)),
  );
  const { waiting, deadLettered } = outbox;
  const lines = [
    ...earlier.map(
      ({ messageId, channel }) => `Of an earlier run: ${shown(messageId)} delivered to ${shown(channel)}`,
    ),
    ...outbox.problems.map((problem) => paint('yellow', `! ${showText(problem, 400)}`)),
    ...(waiting ? [paint('yellow', `Waiting for a later run: ${number(waiting)}`)] : []),
    ...(deadLettered ? [paint('red', `Given up, in the dead letters: ${number(deadLettered)}`)] : []),
  ];
  return lines.length > 0 ? [...lines, ''] : [];
}

const shown = (text: string) => showText(text, 160);
const number = (value: number) => value.toLocaleString('en');
const minute = (iso: string) => new Date(iso).toISOString().slice(0, 16).replace('T', ' ');

function span({ from, to }: { from: string; to: string }): string {
  const hours = (Date.parse(to) - Date.parse(from)) / 3_600_000;
  return hours >= 48
    ? `${number(Math.round(hours / 2.4) / 10)} days`
    : `${number(Math.round(hours * 10) / 10)} hours`;
}
