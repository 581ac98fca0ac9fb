import { styleText } from 'node:util';
import type { WatchlistState } from '../../functions/domain/exclusions/watchlist-state.ts';
import type { OutboxReport, RunReport } from '../../functions/domain/hunting/report.ts';
import { showText } from '../../functions/domain/messages/show-text.ts';
import { deliveriesOf, outboxLines } from './print-deliveries.ts';
import { findingsOf } from './print-findings.ts';
import type { PrintOptions } from './terminal.ts';
import { minute, number, type Paint, shown } from './written-values.ts';

export interface PrintedRuns {
  reports: RunReport[];
  outbox?: OutboxReport;
  /** By run: events that were there and that its window left out, in a sentence each. */
  unhunted?: Record<string, string[]>;
}

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
  'lease-held': { text: 'not run: another run is in progress', format: 'yellow' },
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
  const { each, together, left = 0 } = reckoned;
  return [
    ...each
      .filter(({ hidden }) => hidden > 0)
      .map(({ exclusion, hidden, devices }) => {
        const where = devices > 0 ? ` on ${number(devices)} device${devices === 1 ? '' : 's'}` : '';
        return `${shown(exclusion)} hides ${number(hidden)}${where}`;
      }),
    ...(together > 0 ? [`several between them hide ${number(together)}`] : []),
    ...(left > 0 ? [`of ${number(left)} more the next run finds out what they hide`] : []),
  ];
}

function span({ from, to }: { from: string; to: string }): string {
  const hours = (Date.parse(to) - Date.parse(from)) / 3_600_000;
  return hours >= 48
    ? `${number(Math.round(hours / 2.4) / 10)} days`
    : `${number(Math.round(hours * 10) / 10)} hours`;
}
