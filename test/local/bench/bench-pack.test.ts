import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchPack } from '../../../local/bench/bench-pack.ts';
import { generatePack } from '../../../local/bench/generate-pack.ts';
import { queryPack } from '../../../local/bench/query-pack.ts';
import { difference, linesOfAnswer, linesOfRows } from '../../../local/bench/same-answer.ts';
import { printPack } from '../../../local/printing/print-bench.ts';

const now = new Date('2025-06-30T12:00:00Z');
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bench-test-'));
  await generatePack(folder, 20_000, now);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('when the pack runs, then KQL and SQL by hand give the same answers, and nearly all have some', async () => {
  const timings = await benchPack(folder, { now, runs: 1 });
  expect(timings.map(({ name }) => name)).toEqual(queryPack.map(({ name }) => name));
  expect(timings.filter(({ wrong }) => wrong !== undefined)).toEqual([]);
  expect(timings.filter(({ rows }) => rows > 0).length).toBeGreaterThan(20);
}, 300_000);

test('when two answers differ in one cell, then the benchmark shows both rows', () => {
  const answer = {
    columns: [
      { name: 'Device', type: 'string' },
      { name: 'Events', type: 'long' },
    ],
    rows: [
      ['a', 1n],
      ['b', 2n],
    ],
    truncated: false,
  } as const;
  expect(
    difference(
      linesOfAnswer(answer),
      linesOfRows([
        ['b', 2n],
        ['a', 1n],
      ]),
    ),
  ).toBeUndefined();
  expect(
    difference(
      linesOfAnswer(answer),
      linesOfRows([
        ['a', 1n],
        ['b', 3n],
      ]),
    ),
  ).toMatch(/"2".* and .*"3"/);
  expect(difference(linesOfAnswer(answer), linesOfRows([['a', 1n]]))).toMatch(/2 rows by KQL, 1 by SQL/);
});

test('when the pack is printed, then it has the ratios, their median and the worst, and what is wrong', () => {
  const timing = (name: string, ratio: number) => ({ name, rows: 1, kql: ratio * 10, sql: 10, ratio });
  const printed = printPack([
    timing('one', 1),
    timing('two', 1.2),
    { ...timing('three', 4), wrong: 'row 7' },
  ]);
  expect(printed).toMatch(/two +1 +12 +10 +1\.20/);
  expect(printed).toMatch(/3 queries: median 1\.20, worst 4\.00/);
  expect(printed).toMatch(/"three" differ: row 7/);
});
