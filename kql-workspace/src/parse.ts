import { schemaOf } from './documented-columns.ts';
import { type BoundCode, type DatabaseSchema, parseAndBind, tablesBoundAgainst } from './language-service.ts';

/** A problem that Microsoft's parser or binder has with a query. Line and column count from 1. */
export interface Diagnostic {
  /** Microsoft's code, e.g. `KS142`: the name does not refer to any known column. */
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** Where a character offset lies in a text; line and column count from 1. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1;
  return { line: before.split(/\r\n|\n|\r/).length, column: offset - lineStart + 1 };
}

const MAX_CACHED = 200;
const cached = new WeakMap<object, Map<string, BoundCode>>();

/** Parses and binds a query; the answer for the same text and the same tables is kept (the latest 200 of them). */
export function parse(query: string, schema: DatabaseSchema): BoundCode {
  const tables = tablesBoundAgainst(query, schema);
  let queries = cached.get(tables);
  if (!queries) {
    queries = new Map();
    cached.set(tables, queries);
  }
  const known = queries.get(query);
  if (known) return known;
  const bound = parseAndBind(query, schema);
  const oldest = queries.size >= MAX_CACHED ? queries.keys().next().value : undefined;
  if (oldest !== undefined) queries.delete(oldest);
  queries.set(query, bound);
  return bound;
}

/**
 * The diagnostics of a bound query in reading order. A column that doesn't exist brings two: KS142 names it, and
 * KS107 ("not the expected type") complains about the same span; only the telling one is kept.
 */
export function diagnosticsOf(
  query: string,
  bound: BoundCode,
  position: (offset: number) => { line: number; column: number } = (offset) => positionOf(query, offset),
): Diagnostic[] {
  const unresolved = new Set(
    bound.diagnostics.filter(({ code }) => code === 'KS142').map(({ start, length }) => `${start}+${length}`),
  );
  return bound.diagnostics
    .filter(({ code, start, length }) => code !== 'KS107' || !unresolved.has(`${start}+${length}`))
    .toSorted((a, b) => a.start - b.start)
    .map(({ code, severity, message, start }) => ({ code, severity, message, ...position(start) }));
}

/** The error that a query is refused for: the parser's first, else the binder's; warnings refuse nothing. */
export function firstError(
  query: string,
  bound: BoundCode,
  position: (offset: number) => { line: number; column: number } = (offset) => positionOf(query, offset),
): { readonly phase: 'syntax' | 'semantic'; readonly diagnostic: Diagnostic } | undefined {
  for (const phase of ['syntax', 'semantic'] as const) {
    const diagnostics = bound.diagnostics.filter((diagnostic) => diagnostic.phase === phase);
    const [diagnostic] = diagnosticsOf(query, { ...bound, diagnostics }, position).filter(
      ({ severity }) => severity === 'Error',
    );
    if (diagnostic) return { phase, diagnostic };
  }
  const statements = bound.root.items('Statements');
  return statements.some(({ kind }) => kind === 'ExpressionStatement')
    ? undefined
    : {
        phase: 'syntax',
        diagnostic: {
          code: 'empty',
          severity: 'Error',
          message: 'There is no query.',
          ...position(0),
        },
      };
}

/** The tables to bind against: a documented flavour, or tables of one's own (table → column → Kusto type). */
export type KqlSchema =
  | 'log-analytics'
  | 'defender-xdr'
  | Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What Microsoft's parser and binder say about a query over the tables of `schema`; empty when all is well. */
export function bindKql(query: string, schema: KqlSchema): Diagnostic[] {
  return diagnosticsOf(query, parse(query, schemaOf(schema)));
}

const noTables: DatabaseSchema = new Map();

/** The characters that a KQL string literal stands for, or undefined when the text isn't just one such literal. */
export function readStringLiteral(literal: string): string | undefined {
  const bound = parseAndBind(`print ${literal}`, noTables);
  if (bound.diagnostics.length > 0) return undefined;
  const literals = [...bound.root.walk()].filter((node) => node.kind === 'StringLiteralExpression');
  const [only] = literals;
  return literals.length === 1 && only && only.text === literal.trim() ? only.children[0]?.value : undefined;
}
