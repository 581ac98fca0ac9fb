import { styleText } from 'node:util';
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

export function printAdded(added: readonly Added[], options: PrintOptions = {}): string {
  const paint = painter(options);
  const lines = added.flatMap((one) => linesOf(one, paint));
  const count = (kind: Added['kind']) => added.filter((one) => one.kind === kind).length;
  return [
    ...lines,
    '',
    `${count('imported')} imported, ${count('there')} there already, ${count('refused')} refused`,
  ].join('\n');
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
  switch (one.kind) {
    case 'imported':
      return [
        `${paint('green', 'imported')}  ${shown(one.file)} as ${one.as}: ${shown(one.name)}`,
        ...one.warnings.map((warning) => paint('yellow', `          ! ${shown(warning)}`)),
      ];
    case 'there':
      return [`${paint('dim', 'there')}     ${shown(one.file)}: is ${one.as}`];
    case 'refused':
      return [
        `${paint('red', 'refused')}   ${shown(one.file)}`,
        ...one.reasons.map((reason) => `            ${shown(reason)}`),
      ];
  }
}
