import type { Hunt } from './hunt.ts';
import { MissingIdentityColumn, type ResultTable, type Sighting, toSightings } from './sighting.ts';

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
}

/** What the answers mean. `complete`: nothing is missing of what was asked, so the window counts as covered. */
export interface Evidence {
  visible: Sighting[];
  /** What only the query without exclusions returned. */
  hidden: Sighting[];
  /** Rows that the hunt's tables had in the window, and when the newest was ingested; null where that is not known. */
  coverage: { rows: number | null; newest: string | null };
  outcome: 'complete' | 'no-data' | 'incomplete' | 'failed';
  problems: string[];
}

/** Pure: answers → sightings, and how far they can be trusted. */
export function readAnswers(answers: Answers, hunt: Hunt, now: Date): Evidence {
  try {
    return weigh(answers, hunt, now);
  } catch (error) {
    if (!(error instanceof MissingIdentityColumn)) throw error;
    return {
      visible: [],
      hidden: [],
      coverage: readCoverage(answers.coverage),
      outcome: 'failed',
      problems: [error.message],
    };
  }
}

function weigh(answers: Answers, hunt: Hunt, now: Date): Evidence {
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
    return { visible: [], hidden: [], coverage: counted, outcome: 'failed', problems };

  const visible = toSightings(withExclusions.table, hunt, now);
  const all =
    withoutExclusions && withoutExclusions.kind !== 'failed'
      ? toSightings(withoutExclusions.table, hunt, now)
      : [];
  const shown = new Set(visible.map(({ key }) => key));
  // Rows that are missing from a partial answer are not hidden.
  const hidden = withExclusions.kind === 'complete' ? all.filter(({ key }) => !shown.has(key)) : [];

  if (counted.rows === 0) {
    problems.push(`${hunt.tables.join(' and ')} had no rows in the window: is the data connector on?`);
  }
  const outcome = problemsLeft(answers) ? 'incomplete' : counted.rows === 0 ? 'no-data' : 'complete';
  return { visible, hidden, coverage: counted, outcome, problems };
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

/** One row, `Rows` and `Newest`; `Newest` is null when there are no rows. */
function readCoverage(answer: LogsAnswer): Evidence['coverage'] {
  const row = answer.kind === 'failed' ? undefined : answer.table.rows[0];
  const rows = row?.Rows;
  const newest = row?.Newest;
  return {
    rows: typeof rows === 'number' ? rows : null,
    newest: newest instanceof Date ? newest.toISOString() : null,
  };
}
