/** A piece of KQL that is safe to send: it can only come from this file. */
export class Kql {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What the template takes: fragments go in as they are, everything else as a literal. */
type Value = Kql | string | Date | readonly string[];

/**
 * The only builder of KQL. A string becomes a string literal, a `Date` a datetime literal, a list of strings a
 * comma-separated list of literals. Names of tables and columns go through `identifier`, durations through `timespan`.
 */
export function kql(parts: TemplateStringsArray, ...values: Value[]): Kql {
  const rendered = values.map((value, index) => render(value) + parts[index + 1]);
  return new Kql(parts[0] + rendered.join(''));
}

/** Joins fragments with a fragment between them. */
export function joinKql(fragments: readonly Kql[], separator: Kql): Kql {
  return new Kql(fragments.map(({ text }) => text).join(separator.text));
}

/** The name of a table or column; one that isn't a plain word is bracketed. */
export function identifier(name: string): Kql {
  return new Kql(/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `[${stringLiteral(name)}]`);
}

const unitsInMs = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** A duration of whole milliseconds as a timespan literal, in its largest whole unit: `5d`, `173h`, `1500ms`. */
export function timespan(milliseconds: number): Kql {
  if (!Number.isSafeInteger(milliseconds) || milliseconds < 0) {
    throw new RangeError(`not a duration in whole milliseconds: ${milliseconds}`);
  }
  const [unit, size] = unitsInMs.find(([, ms]) => milliseconds % ms === 0 && milliseconds > 0) ?? ['ms', 1];
  return new Kql(`${milliseconds / size}${unit}`);
}

/** A hunt's query: text that was reviewed as KQL and goes in byte for byte. */
export function reviewedQuery(text: string): Kql {
  return new Kql(text);
}

function render(value: Value): string {
  if (value instanceof Kql) return value.text;
  if (typeof value === 'string') return stringLiteral(value);
  if (value instanceof Date) return `datetime(${value.toISOString()})`;
  if (value.length === 0) throw new RangeError('an empty list has no KQL form');
  return value.map(stringLiteral).join(', ');
}

/**
 * Escaped are the quote, the backslash and whatever a line of text doesn't show: control, format (bidirectional
 * overrides among them) and unassigned characters, lone surrogates, line and paragraph separators.
 */
function stringLiteral(text: string): string {
  const escaped = text.replace(/["\\]|[\p{C}\p{Zl}\p{Zp}]/gu, (char) =>
    char === '"' || char === '\\' ? `\\${char}` : char.split('').map(unicodeEscape).join(''),
  );
  return `"${escaped}"`;
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
