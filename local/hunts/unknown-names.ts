import { documentedTables, schemaOf } from 'kql-workspace/documented-columns.ts';
import type { BinderDiagnostic, BoundCode, KqlNode } from 'kql-workspace/language-service.ts';

/** What is to be made of a name that no list has. */
export type Unknown = { kind: 'misspelt'; meant: string } | { kind: 'scalar' } | { kind: 'elsewhere' };

/** The binder's words for a table, and for a function, that it does not know. */
const UNKNOWN_TABLE = 'KS204';
const UNKNOWN_FUNCTION = 'KS211';
const UNKNOWN_COLUMN = 'KS142';

/**
 * A table or a function of rows that no list has may well be the workspace's own (`Mine_CL`, `_Im_Dns()`, a saved function), unless its name is that of a
 * documented table but for a letter or two. Undefined for any other diagnostic.
 */
export function judgeUnknown(
  query: string,
  { root }: Pick<BoundCode, 'root'>,
  diagnostic: BinderDiagnostic,
): Unknown | undefined {
  const { code, start } = diagnostic;
  if (code !== UNKNOWN_TABLE && code !== UNKNOWN_FUNCTION) return undefined;
  const name = nameAt(query, diagnostic);
  // The other flavour has it: in this one it is simply not there.
  if (documentedTables().has(name)) return undefined;
  const meant = nearTable(name);
  if (meant !== undefined) return { kind: 'misspelt', meant };
  return code === UNKNOWN_TABLE || givesRows(root, start) ? { kind: 'elsewhere' } : { kind: 'scalar' };
}

/** The name that a diagnostic is about; in `table("X")` it stands in quotes. */
export function nameAt(query: string, { start, length }: BinderDiagnostic): string {
  return query.slice(start, start + length).replace(/^["']|["']$/g, '');
}

/** Behind a function that takes the rows before it, or a table of another workspace, the binder knows no column any more. */
export function isBehindUnknown(
  query: string,
  { start, code }: BinderDiagnostic,
  elsewhere: readonly number[],
): boolean {
  return (
    code === UNKNOWN_COLUMN &&
    elsewhere.some(
      (at) =>
        at < start &&
        (/\binvoke\s+$/.test(query.slice(0, at)) || /^(workspace|app|cluster)\b/.test(query.slice(at))),
    )
  );
}

/** Whether what stands there takes the place of a table. */
function givesRows(root: KqlNode, start: number): boolean {
  const found = find(root, start, []);
  const parents = found.toReversed();
  for (const { kind } of parents) {
    if (
      /^(FunctionCallExpression|NameReference|TokenName|ParenthesizedExpression|SeparatedElement|List|PathExpression|NamedParameter|MaterializeExpression|BracketedName)$/.test(
        kind,
      )
    )
      continue;
    return /^(PipeExpression|ExpressionStatement|LetStatement|JoinOperator|UnionOperator|LookupOperator|InvokeOperator|FunctionBody|InExpression|NotInExpression|SimpleNamedExpression|PartitionSubquery|ForkExpression)$/.test(
      kind,
    );
  }
  return false;
}

/** The nodes that begin before the offset and end behind it, from the outside. */
function find(node: KqlNode, offset: number, path: readonly KqlNode[]): readonly KqlNode[] {
  const child = node.children.find((part) => part.start <= offset && offset < part.end);
  return child && !child.isToken ? find(child, offset, [...path, child]) : path;
}

/** What its author may do about a name that the binder does not know, to be put behind its words; empty where nothing is known. */
export function remedyFor(query: string, diagnostic: BinderDiagnostic, columns: Iterable<string>): string {
  if (diagnostic.code !== UNKNOWN_COLUMN) return '';
  const [, keyword] = /^let\s+(\w+)\s*=/.exec(query.slice(diagnostic.start)) ?? [];
  if (keyword !== undefined) return ` ${keyword} is a word of KQL itself: call the variable otherwise.`;
  const name = nameAt(query, diagnostic).toLowerCase();
  const meant = [...columns].find((column) => within(column.toLowerCase(), name, name.length < 6 ? 1 : 2));
  return meant === undefined ? '' : ` Did you mean ${meant}?`;
}

/** The documented table whose name differs in one or two letters, case aside. */
function nearTable(name: string): string | undefined {
  if (name.length < 8 || /_CL$/i.test(name)) return undefined;
  const tables = [...documentedTables().keys(), ...schemaOf('defender-xdr').keys()];
  return tables.find((table) => within(table.toLowerCase(), name.toLowerCase(), 2));
}

/** Whether so few letters are to be added, removed, changed or swapped with their neighbour. */
function within(one: string, other: string, most: number): boolean {
  if (Math.abs(one.length - other.length) > most) return false;
  let before: number[] = [];
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      let cost = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    if (Math.min(...row) > most) return false;
    before = previous;
    previous = row;
  }
  return (previous[other.length] ?? most + 1) <= most;
}
