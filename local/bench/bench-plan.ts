import { planRun } from '../../functions/domain/hunting/plan-run.ts';
import { readAnswers } from '../../functions/domain/hunting/read-answers.ts';
import type { Cell, ResultTable } from '../../functions/domain/hunting/result-table.ts';
import { hash } from '../../functions/domain/hunting/sighting.ts';
import type { Measure } from './measure.ts';
import { resultBody, resultColumns } from './sample-result.ts';
import { factsOf, hunt, NOW, remembered } from './sample-run.ts';

const ROWS = 100_000;
const TURNS = 9;

/** The pure part of a run, from rows to a plan, beside a loop that hashes each row's identity and looks it up. */
export function benchPlan(): readonly Measure[] {
  const table = sampleTable();
  const coverage = { columns: [{ name: 'Rows', type: 'long' }], rows: [[ROWS]] };
  const look = () =>
    readAnswers(
      { withExclusions: { kind: 'complete', table }, coverage: { kind: 'complete', table: coverage } },
      hunt,
      NOW,
    );
  const seen = remembered(look().visible);
  const ways = {
    loop: () => loop(table, seen),
    known: () => planRun(factsOf(look(), seen)).known,
    fresh: () => planRun(factsOf(look(), new Map())).findings.length,
  };
  const ms = {
    loop: Number.POSITIVE_INFINITY,
    known: Number.POSITIVE_INFINITY,
    fresh: Number.POSITIVE_INFINITY,
  };
  for (let turn = 0; turn < TURNS; turn++)
    for (const way of ['loop', 'known', 'fresh'] as const) {
      const before = process.cpuUsage();
      if (ways[way]() !== ROWS) throw new Error(`${way} found something else`);
      const { user, system } = process.cpuUsage(before);
      ms[way] = Math.min(ms[way], (user + system) / 1000);
    }
  const what = `pure plan of ${ROWS} rows ÷ a loop with a Map and the same hash`;
  return [
    { what: `${what}, all known`, value: ms.known / ms.loop, unit: 'times', most: 2 },
    // Each of them is a finding with its row, its id and its times.
    { what: `${what}, all new`, value: ms.fresh / ms.loop, unit: 'times', most: 6 },
  ];
}

function loop({ rows }: ResultTable, seen: ReadonlyMap<string, unknown>): number {
  const found = new Map<string, readonly Cell[]>();
  let known = 0;
  for (const cells of rows) {
    const key = hash('DeviceId', String(cells[0]), 'RemoteUrl', String(cells[2]));
    if (seen.has(key)) known++;
    found.set(key, cells);
  }
  return known;
}

function sampleTable(): ResultTable {
  const rows: Cell[][] = JSON.parse(resultBody(ROWS, NOW)).tables[0].rows;
  const times = resultColumns.flatMap(({ type }, place) => (type === 'datetime' ? [place] : []));
  for (const cells of rows) for (const place of times) cells[place] = Date.parse(String(cells[place]));
  return { columns: [...resultColumns], rows };
}
