import type { PackTiming } from '../bench/bench-pack.ts';
import { GOAL, type Measure } from '../bench/measure.ts';
import { median } from '../bench/time-in-turns.ts';

/** A line for each number. */
export function printMeasures(measures: readonly Measure[]): string {
  return measures
    .map(({ what, value, unit, most }) => {
      const written = `${value.toFixed(unit === 'times' ? 2 : unit === 'ms' && value < 10 ? 1 : 0)} ${unit}`;
      return `${what.padEnd(64)} ${written}${most !== undefined && value > most ? `, more than ${most}` : ''}`;
    })
    .join('\n');
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
