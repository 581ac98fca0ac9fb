import { styleText } from 'node:util';
import type { FaultCase, Outcome } from '../faults/run-case.ts';
import type { PrintOptions } from './terminal.ts';

export type CaseResult = FaultCase & Outcome;

const words: readonly (keyof Outcome['wrong'])[] = ['lost', 'double', 'stuck', 'lying', 'twice'];

/** A line for each boundary of a scene, a mark for each kind of fault; below, what is wrong in words. */
export function printFaults(results: readonly CaseResult[], { colour = false }: PrintOptions = {}): string {
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  const kinds = [...new Set(results.map(({ kind }) => kind.name))];
  const width = Math.max(0, ...results.map(({ boundary }) => boundary.length)) + 2;
  const rows = [...Map.groupBy(results, ({ scene }) => scene)].flatMap(([scene, ofScene]) => [
    '',
    paint('bold', scene),
    ...[...Map.groupBy(ofScene, ({ boundary }) => boundary)].map(
      ([boundary, cases]) => `  ${boundary.padEnd(width)}${kinds.map((kind) => mark(cases, kind)).join(' ')}`,
    ),
  ]);
  const bad = results.filter((result) => words.some((word) => result.wrong[word].length > 0));
  const sums = words.map((word) => `${results.filter(({ wrong }) => wrong[word].length > 0).length} ${word}`);
  const met = results.filter((result) => result.met).length;
  return [
    ...kinds.map((kind, index) => `${String(index + 1).padStart(3)}  ${kind}`),
    ...rows,
    '',
    ...bad.flatMap(({ scene, boundary, kind, wrong }) => [
      paint('red', `${scene}, ${boundary}, ${kind.name}`),
      ...words.flatMap((word) => wrong[word].map((sentence) => `    ${word}: ${sentence}`)),
    ]),
    `${met} faults in ${results.length} cases: ${sums.join(', ')}.`,
    ...(met < results.length
      ? [paint('red', `${results.length - met} faults did not come about, so those cases show nothing.`)]
      : []),
  ].join('\n');
}

/** A line for each kind of race. */
export function printRaces(races: readonly { name: string; wrong: Outcome['wrong'] }[]): string {
  return [...Map.groupBy(races, ({ name }) => name)]
    .flatMap(([name, all]) => {
      const sentences = all.flatMap(({ wrong }) =>
        words.flatMap((word) => wrong[word].map((one) => `    ${word}: ${one}`)),
      );
      return [`${name}: ${all.length} times, ${sentences.length} things wrong`, ...new Set(sentences)];
    })
    .join('\n');
}

/** A dot: the fault was met and nothing is wrong; a dash: it did not come about; else the first letter of what is wrong. */
function mark(cases: readonly CaseResult[], kind: string): string {
  const result = cases.find((one) => one.kind.name === kind);
  if (!result) return ' ';
  const word = words.find((one) => result.wrong[one].length > 0);
  if (word) return word[0]?.toUpperCase() ?? '';
  return result.met ? '.' : '-';
}
