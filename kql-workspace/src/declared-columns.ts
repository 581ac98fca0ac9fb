import type { ScalarType } from './values/scalar-types.ts';

/** Text put into a query: at `offset` of the text as it was before. */
export interface Insertion {
  readonly offset: number;
  readonly text: string;
}

/** The query with the insertions made one after the other. */
export function withInsertions(query: string, insertions: readonly Insertion[]): string {
  return insertions.reduce(
    (text, { offset, text: added }) => text.slice(0, offset) + added + text.slice(offset),
    query,
  );
}

/** The place in the query that an offset into the text with insertions means. */
export function originalOffset(offset: number, insertions: readonly Insertion[]): number {
  return insertions.toReversed().reduce((at, insertion) => {
    if (at <= insertion.offset) return at;
    return Math.max(insertion.offset, at - insertion.text.length);
  }, offset);
}

/** Columns that only the data knew: beside the table's own ones (`all`), or instead of them. */
export interface DeclaredColumns {
  readonly all: boolean;
  readonly columns: readonly { readonly name: string; readonly type: ScalarType }[];
}

/** The schema that a plugin is given once the data said which columns there are. */
export function insertionAt(offset: number, { all, columns }: DeclaredColumns): Insertion {
  const listed = columns.map(({ name, type }) => `['${escaped(name)}']:${type}`);
  return { offset, text: ` : (${[...(all ? ['*'] : []), ...listed].join(', ')})` };
}

function escaped(name: string): string {
  return name.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

/** Members of several types stay dynamic; `types` is DuckDB's names, between commas. */
export function typeOfMembers(types: string): ScalarType {
  const kinds = new Set(
    types
      .split(',')
      .filter((type) => type !== 'NULL')
      .map((type): ScalarType => {
        if (type === 'VARCHAR') return 'string';
        if (type === 'BOOLEAN') return 'bool';
        if (type === 'BIGINT' || type === 'UBIGINT') return 'long';
        return type === 'DOUBLE' ? 'real' : 'dynamic';
      }),
  );
  const [only] = kinds;
  if (kinds.size === 0) return 'string';
  if (kinds.size === 1 && only) return only;
  return kinds.size === 2 && kinds.has('long') && kinds.has('real') ? 'real' : 'dynamic';
}
