import { getBorderCharacters, table } from 'table';
import type { PackTiming } from '../bench/bench-pack.ts';
import { GOAL, type Measure } from '../bench/measure.ts';
import { median } from '../bench/time-in-turns.ts';

/** All numbers as one table: what it is, the goal, what was measured, and whether that is met. */
export function printMeasures(measures: readonly Measure[]): string {
  const rows = measures.map(({ what, value, unit, most }) => [
    what,
    most === undefined ? '' : `at most ${written(most, unit)}`,
    written(value, unit),
    most === undefined ? '' : value <= most ? 'met' : 'MISSED',
  ]);
  return table([['figure', 'goal', 'measured', ''], ...rows], {
    border: getBorderCharacters('norc'),
    columns: [
      { width: 60, wrapWord: true },
      { alignment: 'right' },
      { alignment: 'right' },
      { alignment: 'left' },
    ],
    drawHorizontalLine: (line, count) => line < 2 || line === count,
  });
}

function written(value: number, unit: Measure['unit']): string {
  return `${value.toFixed(unit === 'times' ? 2 : unit === 'ms' && value < 10 ? 1 : 0)} ${unit}`;
}

/** A line for each query of the pack, then the median and the worst ratio. */
export function printPack(pack: readonly PackTiming[]): string {
  const width = Math.max(...pack.map(({ name }) => name.length)) + 2;
  const cells = (name: string, ...numbers: readonly string[]): string =>
    name.padEnd(width) + numbers.map((number) => number.padStart(10)).join('');
  const ratios = pack.map(({ ratio }) => ratio);
  const [middle, worst] = [median(ratios), Math.max(...ratios)];
  const wrong = pack.filter((query) => query.wrong !== undefined);
  return [
    cells('query', 'rows', 'KQL, ms', 'SQL, ms', 'ratio'),
    ...pack.map(({ name, rows, kql, sql, ratio }) =>
      cells(name, String(rows), kql.toFixed(0), sql.toFixed(0), ratio.toFixed(2)),
    ),
    `${pack.length} queries: median ${middle.toFixed(2)}, worst ${worst.toFixed(2)}; the goal is ${GOAL.median} and ${GOAL.worst}.`,
    ...wrong.map((query) => `The answers of "${query.name}" differ: ${query.wrong}`),
  ].join('\n');
}
