import {
  type Answers,
  type LogsAnswer,
  readAnswers,
} from '../../../functions/domain/hunting/read-answers.ts';
import type { Column } from '../../../functions/domain/hunting/result-table.ts';
import { compiled, hunt as example, now, tableOf } from '../../examples.ts';

const hunt = {
  ...example,
  compiled: compiled({ identity: [{ name: 'DeviceId', type: 'string' }], labels: [] }),
};

const columns: Column[] = [{ name: 'DeviceId', type: 'string' }];
const rows = (...ids: string[]) =>
  tableOf(
    ids.map((DeviceId) => ({ DeviceId })),
    columns,
  );
const complete = (...ids: string[]): LogsAnswer => ({ kind: 'complete', table: rows(...ids) });
const partial = (...ids: string[]): LogsAnswer => ({
  kind: 'partial',
  table: rows(...ids),
  reason: 'too much',
});
const failed: LogsAnswer = { kind: 'failed', reason: 'no such table' };
const coverage = (count: number): LogsAnswer => ({
  kind: 'complete',
  table: tableOf([{ Rows: count, Newest: count > 0 ? now : null }]),
});

function read(answers: Partial<Answers>) {
  const {
    visible,
    hidden,
    outcome,
    problems,
    coverage: counted,
  } = readAnswers({ withExclusions: complete(), coverage: coverage(10), ...answers }, hunt, now);
  const ids = (sightings: typeof visible) => sightings.map(({ identity }) => identity.DeviceId);
  return { visible: ids(visible), hidden: ids(hidden), outcome, problems, coverage: counted };
}

test('when only the query without exclusions returns a thing, then it is hidden', () => {
  expect(read({ withExclusions: complete('a'), withoutExclusions: complete('a', 'b') })).toEqual({
    visible: ['a'],
    hidden: ['b'],
    outcome: 'complete',
    problems: [],
    coverage: { rows: 10, newest: now.toISOString() },
  });
});

test('when the answer with exclusions is partial, then its rows count, and what is missing is not called hidden', () => {
  expect(read({ withExclusions: partial('a'), withoutExclusions: complete('a', 'b') })).toMatchObject({
    visible: ['a'],
    hidden: [],
    outcome: 'incomplete',
    problems: [expect.stringContaining('too much')],
  });
});

test('when the query fails, then the run has failed, and what only the other returned is not told', () => {
  expect(read({ withExclusions: failed, withoutExclusions: complete('a') })).toMatchObject({
    visible: [],
    hidden: [],
    outcome: 'failed',
    problems: [expect.stringContaining('no such table')],
  });
});

test('when the query without exclusions fails, then findings count and the run is incomplete', () => {
  expect(read({ withExclusions: complete('a'), withoutExclusions: failed })).toMatchObject({
    visible: ['a'],
    outcome: 'incomplete',
  });
});

test('when the tables had no rows, then that is said: nothing found is not the same as no data', () => {
  expect(read({ coverage: coverage(0) })).toMatchObject({
    outcome: 'no-data',
    problems: ['DeviceNetworkEvents had no rows in the window: is the data connector on?'],
    coverage: { rows: 0, newest: null },
  });
});

test('when the rows could not be counted, then the run is incomplete', () => {
  expect(read({ coverage: failed })).toMatchObject({
    outcome: 'incomplete',
    coverage: { rows: null, newest: null },
  });
});

test("when the hunt's identity names a column that the query does not return, then the run has failed and says which", () => {
  const answers = { withExclusions: complete('a'), coverage: coverage(10) };
  expect(
    readAnswers(
      answers,
      { ...hunt, compiled: compiled({ identity: [{ name: 'Url', type: 'string' }] }) },
      now,
    ),
  ).toMatchObject({
    visible: [],
    outcome: 'failed',
    problems: [expect.stringContaining('Url')],
  });
});
