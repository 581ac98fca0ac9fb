import { styleText } from 'node:util';
import { getBorderCharacters, table } from 'table';
import { showText } from '../../functions/domain/messages/show-text.ts';
import type { Added } from '../hunts/add-hunts.ts';
import { type HuntCheck, passes } from '../hunts/check-hunts.ts';
import type { HuntStep } from '../hunts/explain-hunt.ts';
import { describeCovers, notesOn } from './describe-compiled.ts';
import type { PrintOptions } from './terminal.ts';
import { number } from './written-values.ts';

/** For a person at a terminal. Files come from anywhere: nothing of them reaches it but printable text on one line. */
type Colour = Parameters<typeof styleText>[0];
const painter =
  ({ colour = false }: PrintOptions) =>
  (format: Colour, text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
const shown = (text: string, limit = 300) => showText(text, limit);

export function printChecks(checks: readonly HuntCheck[], options: PrintOptions = {}): string {
  const paint = painter(options);
  const width = Math.max(0, ...checks.map(({ file }) => file.length)) + 2;
  const lines = checks.flatMap((check) => {
    const failed = check.cases.filter(({ problems }) => problems.length > 0);
    const { cases, tables, compiled } = check;
    const facts =
      check.errors.length > 0 || !compiled
        ? `${check.errors.length} error${check.errors.length === 1 ? '' : 's'}`
        : [
            tables.join(', '),
            `looks at ${describeCovers(compiled)}`,
            `one thing per ${compiled.identity.map(({ name }) => name).join(', ')}`,
            `tests: ${cases.length - failed.length} of ${cases.length} pass`,
          ].join('; ');
    const mark = passes(check) ? paint('green', 'ok  ') : paint('red', 'FAIL');
    return [
      `${mark}  ${shown(check.file).padEnd(width)}${shown(facts)}`,
      ...check.errors.map((error) => paint('red', `      ${shown(error)}`)),
      ...check.warnings.map((warning) => paint('yellow', `      ! ${shown(warning)}`)),
      ...(compiled ? notesOn(compiled) : []).map((note) => paint('dim', `      ${shown(note)}`)),
      ...failed.flatMap(({ name, problems }) => [
        paint('red', `      ✗ ${shown(name)}`),
        ...problems.map((problem) => `          ${shown(problem)}`),
      ]),
    ];
  });
  const bad = checks.filter((check) => !passes(check)).length;
  const sum = `${checks.length - bad} of ${checks.length} hunts pass`;
  return [...lines, '', paint(bad > 0 || checks.length === 0 ? 'red' : 'green', sum)].join('\n');
}

/** Each rule and what became of it, what was passed over by its reason, and the sums by format. */
export function printAdded(added: readonly Added[], options: PrintOptions = {}): string {
  const paint = painter(options);
  const passed = added.flatMap((one) => (one.kind === 'passed over' ? [one] : []));
  const byReason = [...Map.groupBy(passed, ({ why }) => why)];
  return [
    ...added.flatMap((one) => linesOf(one, paint)),
    ...byReason.flatMap(([why, files]) => [
      `${paint('dim', 'passed over')}  ${files.length === 1 ? 'a file' : `${files.length} files`} or parts of files: each ${shown(why)}`,
      ...files.map(({ file, line }) => paint('dim', `          ${shown(file)}${line > 1 ? `:${line}` : ''}`)),
    ]),
    '',
    sums(added),
  ].join('\n');
}

function sums(added: readonly Added[]): string {
  const row = (name: string, of: readonly Added[]) => {
    const count = (kind: Added['kind']) => of.filter((one) => one.kind === kind).length;
    const remarked = of.filter((one) => one.kind === 'imported' && one.remarks.length > 0).length;
    return [name, count('imported'), remarked, count('there'), count('refused'), count('passed over')].map(
      String,
    );
  };
  const formats = [...Map.groupBy(added, ({ format }) => format)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return table(
    [
      ['', 'imported', 'with remarks', 'there already', 'refused', 'passed over'],
      ...formats.map(([format, of]) => row(format, of)),
      row('all', added),
    ],
    {
      border: getBorderCharacters('void'),
      columnDefault: { alignment: 'right', paddingLeft: 0, paddingRight: 2 },
      columns: [{ alignment: 'left' }],
      drawHorizontalLine: () => false,
    },
  ).trimEnd();
}

export function printSteps(steps: readonly HuntStep[], options: PrintOptions = {}): string {
  const paint = painter(options);
  const room = Math.max(40, Math.min(options.columns ?? 100, 160) - 24);
  const digits = Math.max(4, ...steps.map(({ rows }) => number(rows).length));
  const lines = steps.flatMap((step, index) => {
    const before = steps[index - 1];
    const heading = before?.of === step.of ? [] : ['', paint('bold', shown(step.of))];
    const lost = before?.of === step.of && before.rows > 0 && step.rows === 0;
    const rows = number(step.rows).padStart(digits);
    const line = step.line === undefined ? '        ' : `line ${String(step.line).padEnd(3)}`;
    return [
      ...heading,
      `  ${lost ? paint('red', rows) : rows}  ${paint('dim', line)}  ${shown(step.text, room)}`,
    ];
  });
  return lines.join('\n').replace(/^\n/, '');
}

function linesOf(one: Added, paint: ReturnType<typeof painter>): string[] {
  const remarks = (lines: readonly string[]) =>
    lines.map((line) => paint('yellow', `          ! ${shown(line)}`));
  switch (one.kind) {
    case 'imported':
      return [
        `${paint('green', 'imported')}  ${shown(one.file)} as ${one.as}: ${shown(one.name)}`,
        ...remarks(one.remarks),
      ];
    case 'there':
      return [`${paint('dim', 'there')}     ${shown(one.file)}: is ${one.as}`, ...remarks(one.remarks)];
    case 'refused':
      return [
        `${paint('red', 'refused')}   ${shown(one.file)}`,
        ...one.reasons.map((reason) => `            ${shown(reason)}`),
      ];
    case 'passed over':
      return [];
  }
}
