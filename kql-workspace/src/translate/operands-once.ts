import type { KqlNode } from '../language-service.ts';
import type { Scalar } from '../values/scalar-types.ts';
import type { Scope, Translation } from './relation.ts';

/**
 * A function may use its argument several times in SQL, and so may the function around it: by the depth of the nesting
 * the statement would grow by a factor a level. So what is long and is used several times is computed once, as the
 * only element of a list, and the rest works on that element.
 */

/** An operand that is longer than this is not written twice. In characters. */
const LONG = 256;

/** Stands for an operand while the SQL around it is made; NUL is in no SQL, so no text of a query looks like it. */
const PLACEHOLDER = /\0(\d+)\0/g;

/** What placeholders stand for, in one translation. */
export type Operands = Map<string, string>;

/** What `translate` makes of the node's operands, which it gets by the translation that it is given. */
export function withOperandsOnce(
  translation: Translation,
  operands: Operands,
  translate: (translation: Translation) => Scalar,
): Scalar {
  const own = new Set<string>();
  const known = new Map<KqlNode, { readonly scope: Scope; readonly value: Scalar }>();
  const value = translate({
    ...translation,
    scalar: (node, scope) => {
      const before = known.get(node);
      if (before?.scope === scope) return before.value;
      const made = translation.scalar(node, scope);
      const operand = isPlain(made) ? made : held(made, operands, own);
      known.set(node, { scope, value: operand });
      return operand;
    },
  });
  return own.size === 0 ? value : inEverySql(value, (sql) => resolved(sql, own, operands));
}

/** The forms of a value in SQL. */
const FORMS = ['asStored', 'json', 'asText', 'texts', 'whenTrue'] as const;

function inEverySql(value: Scalar, change: (sql: string) => string): Scalar {
  const forms = FORMS.flatMap((form) => {
    const sql = value[form];
    return sql === undefined ? [] : [[form, change(sql)] as const];
  });
  return { ...value, sql: change(value.sql), ...Object.fromEntries(forms) };
}

function held(value: Scalar, operands: Operands, own: Set<string>): Scalar {
  const placeholder = (sql: string): string => {
    const made = `\0${operands.size}\0`;
    operands.set(made, sql);
    own.add(made);
    return made;
  };
  return inEverySql(value, placeholder);
}

/** A column or something that the query spells out may be written any number of times. */
function isPlain({ sql, constant }: Scalar): boolean {
  return constant !== undefined || /^[\w.]+$/.test(sql) || /^CAST\(NULL AS [\w(), ]+\)$/.test(sql);
}

function resolved(given: string, own: ReadonlySet<string>, operands: Operands): string {
  let sql = given;
  // A call of a declared function is what its body is.
  while (own.has(sql)) sql = operands.get(sql) ?? '';
  const uses = new Map<string, number>();
  for (const [use] of sql.matchAll(PLACEHOLDER)) uses.set(use, (uses.get(use) ?? 0) + 1);
  const repeated = [...uses].filter(([use, count]) => own.has(use) && count > 1);
  const grows = repeated.some(([use]) => lengthOf(use, operands) > LONG);
  if (!grows || !worksOnElement(sql)) {
    return sql.replace(PLACEHOLDER, (use) => (own.has(use) ? (operands.get(use) ?? '') : use));
  }
  const name = `operands_${operands.size}`;
  const index = new Map([...uses.keys()].map((use, at) => [use, `o${at}`]));
  const members = [...index].map(([use, member]) => `${member}: ${own.has(use) ? operands.get(use) : use}`);
  const body = sql.replace(PLACEHOLDER, (use) => `${name}.${index.get(use)}`);
  operands.set(name, '');
  return `list_transform([{${members.join(', ')}}], lambda ${name}: ${body})[1]`;
}

function lengthOf(use: string, operands: Operands): number {
  const sql = operands.get(use) ?? '';
  let length = sql.length;
  for (const [inner] of sql.matchAll(PLACEHOLDER)) length += lengthOf(inner, operands);
  return length;
}

/** A subquery and a look at other rows can't stand in what works on an element. */
function worksOnElement(sql: string): boolean {
  return !/\bSELECT\b|\bOVER \(/.test(sql.replace(/'(?:[^']|'')*'/g, ''));
}
