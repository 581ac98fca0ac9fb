import type { Hunt } from './hunt.ts';
import { type ResultTable, toRow, toRows } from './result-table.ts';
import { changedTypes, type Sighting, toSightings, UnreadableIdentity } from './sighting.ts';
import { type Span, unite } from './span.ts';

/**
 * What the workspace said to one query. `partial`: it gave up midway, the rows that came are good but not all. `failed`: no rows; `reason` is fit for
 * a report.
 */
export type LogsAnswer =
  | { kind: 'complete'; table: ResultTable }
  | { kind: 'partial'; table: ResultTable; reason: string }
  | { kind: 'failed'; reason: string };

/** The answers to a run's three queries; `withoutExclusions` is absent when no exclusion applies. */
export interface Answers {
  withExclusions: LogsAnswer;
  withoutExclusions?: LogsAnswer;
  coverage: LogsAnswer;
  /** What tells late rows, where the coverage query could not. */
  lateRows?: LogsAnswer;
}

/** What the answers mean. `complete`: nothing is missing of what was asked. */
export interface Evidence {
  visible: Sighting[];
  /** What only the query without exclusions returned. */
  hidden: Sighting[];
  /** Rows that the hunt's tables had in the window, and when the newest was ingested; null where that is not known. */
  coverage: { rows: number | null; newest: string | null };
  /** The hours before the span that hold rows which came after the last run had looked; undefined where that could not be found out. */
  late: Span[] | undefined;
  outcome: 'complete' | 'no-data' | 'incomplete' | 'failed';
  problems: string[];
  /** Columns of the identity that came with another type than the hunt was compiled with, in a sentence each; absent where none came at all. */
  retyped?: string[];
}

/** Pure: answers → sightings, and how far they can be trusted. `at` is the time that the run is of. */
export function readAnswers(answers: Answers, hunt: Hunt, at: Date): Evidence {
  try {
    return weigh(answers, hunt, at);
  } catch (error) {
    if (!(error instanceof UnreadableIdentity)) throw error;
    return {
      visible: [],
      hidden: [],
      coverage: readCoverage(answers.coverage),
      late: [],
      outcome: 'failed',
      problems: [error.message],
    };
  }
}

function weigh(answers: Answers, hunt: Hunt, at: Date): Evidence {
  const { withExclusions, withoutExclusions, coverage } = answers;
  const problems = [
    ...trouble(withExclusions, 'The query'),
    ...(withoutExclusions
      ? trouble(withoutExclusions, 'The query without exclusions, which counts what they hide,')
      : []),
    ...trouble(coverage, 'The query for the number of rows in the tables'),
  ];
  const counted = readCoverage(coverage);
  if (withExclusions.kind === 'failed')
    return { visible: [], hidden: [], coverage: counted, late: [], outcome: 'failed', problems };

  const visible = toSightings(withExclusions.table, hunt, at);
  const shown = new Set(visible.map(({ key }) => key));
  // Rows that are missing from a partial answer are not hidden.
  const hidden =
    withExclusions.kind === 'complete' && withoutExclusions && withoutExclusions.kind !== 'failed'
      ? toSightings(withoutExclusions.table, hunt, at, shown)
      : [];

  if (counted.rows === 0) {
    problems.push(`${hunt.tables.join(' and ')} had no rows in the window: is the data connector on?`);
  }
  const outcome = problemsLeft(answers) ? 'incomplete' : counted.rows === 0 ? 'no-data' : 'complete';
  return {
    visible,
    hidden,
    coverage: counted,
    late: lateHours(answers.lateRows ?? coverage),
    outcome,
    problems,
    ...(withExclusions.table.columns.length > 0 && { retyped: changedTypes(withExclusions.table, hunt) }),
  };
}

function problemsLeft({ withExclusions, withoutExclusions, coverage }: Answers): boolean {
  return [withExclusions, withoutExclusions, coverage].some(
    (answer) => answer !== undefined && answer.kind !== 'complete',
  );
}

function trouble(answer: LogsAnswer, subject: string): string[] {
  switch (answer.kind) {
    case 'complete':
      return [];
    case 'partial':
      return [`${subject} was answered in part: ${answer.reason}`];
    case 'failed':
      return [`${subject} failed: ${answer.reason}`];
  }
}

/** See `coverageQuery`; `Newest` is null when there are no rows. */
function readCoverage(answer: LogsAnswer): Evidence['coverage'] {
  const rows = answer.kind === 'failed' ? [] : toRows(answer.table);
  const counted = rows.find(({ Rows }) => typeof Rows === 'number');
  return {
    rows: typeof counted?.Rows === 'number' ? counted.Rows : null,
    newest: counted?.Newest instanceof Date ? counted.Newest.toISOString() : null,
  };
}

const HOUR_MS = 3_600_000;

function lateHours(answer: LogsAnswer): Span[] | undefined {
  if (answer.kind !== 'complete') return undefined;
  return unite(
    toRows(answer.table).flatMap(({ Hour }) =>
      Hour instanceof Date ? [{ from: Hour, to: new Date(Hour.getTime() + HOUR_MS) }] : [],
    ),
  );
}

/** Whether the service took the time that it was told for the present; undefined when it did not say. */
export function heldTime(coverage: LogsAnswer, at: Date): boolean | undefined {
  if (coverage.kind === 'failed') return undefined;
  const [first] = coverage.table.rows;
  const { Now: now } = first ? toRow(coverage.table.columns, first) : {};
  return now instanceof Date ? now.getTime() === at.getTime() : undefined;
}
