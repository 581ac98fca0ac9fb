import { enrichmentSymbols } from './enrichment.ts';
import {
  languageService,
  type RawCode,
  type RawDiagnostic,
  type RawElement,
  type RawGlobals,
  type RawSymbol,
  toArray,
} from './kusto-language.ts';

import { pluginsOfToday } from './plugins-of-today.ts';

/** Microsoft's KQL parser and binder, behind the narrow interface that the workspace uses. */

/** A column of a table: its name and its Kusto type (`string`, `long`, …). */
export interface NamedType {
  readonly name: string;
  readonly type: string;
}

/** What an expression yields: a scalar of a type, or a table (`open` when columns beyond these may exist). */
export type ResultType =
  | { readonly kind: 'scalar'; readonly type: string }
  | { readonly kind: 'table'; readonly columns: readonly NamedType[]; readonly open: boolean };

function toResultType(symbol: RawSymbol | null | undefined): ResultType | undefined {
  if (!symbol) return undefined;
  if (symbol.Columns && languageService().symbolKinds.get(symbol.Kind) === 'Table') {
    const columns = toArray(symbol.Columns).map((column) => ({
      name: column.Name ?? '',
      type: column.Type?.Name ?? 'unknown',
    }));
    return { kind: 'table', columns, open: symbol.IsOpen === true };
  }
  return { kind: 'scalar', type: symbol.Name ?? 'unknown' };
}

/** A node or token of the bound syntax tree. Positions are character offsets into the query's text. */
export class KqlNode {
  private readonly raw: RawElement;
  /** Where the text that the tree was parsed from begins in the query: a called function's body has its own tree. */
  private readonly base: number;
  /** The children that were asked for, in their places. */
  private readonly places: (KqlNode | undefined)[] = [];
  private cachedChildren: readonly KqlNode[] | undefined;

  constructor(raw: RawElement, base = 0) {
    this.raw = raw;
    this.base = base;
  }

  /** Microsoft's name of the syntax kind, e.g. `FilterOperator`, `HasAnyExpression`, `IdentifierToken`. */
  get kind(): string {
    return languageService().syntaxKinds.get(this.raw.Kind) ?? `SyntaxKind ${this.raw.Kind}`;
  }

  get start(): number {
    return this.raw.TextStart + this.base;
  }

  get end(): number {
    return this.raw.End + this.base;
  }

  /** The source text, without the white space and comments before it. */
  get text(): string {
    return this.raw.toString().trim();
  }

  /** A token's meaning: for a string literal its characters, for a bracketed name the name. */
  get value(): string {
    return this.raw.ValueText ?? '';
  }

  get isToken(): boolean {
    return this.raw.IsToken;
  }

  get children(): readonly KqlNode[] {
    this.cachedChildren ??= Array.from({ length: this.raw.ChildCount }, (_, index) =>
      this.childAt(index),
    ).filter((child) => child !== undefined);
    return this.cachedChildren;
  }

  private childAt(index: number): KqlNode | undefined {
    const known = this.places[index];
    if (known) return known;
    const raw = this.raw.GetChild(index);
    if (!raw) return undefined;
    const child = new KqlNode(raw, this.base);
    this.places[index] = child;
    return child;
  }

  /** The child in the named role (`Expression`, `Operator`, `Left`, …), if it is there. */
  child(role: string): KqlNode | undefined {
    for (let index = 0; index < this.raw.ChildCount; index++) {
      if (this.raw.GetName(index) === role) return this.childAt(index);
    }
    return undefined;
  }

  /** The elements of the list in the named role, without their separators. */
  items(role: string): readonly KqlNode[] {
    return this.child(role)?.elements ?? [];
  }

  /** The elements of a list node, without their separators. */
  get elements(): readonly KqlNode[] {
    return this.children.map((child) =>
      child.kind === 'SeparatedElement' ? (child.children[0] ?? child) : child,
    );
  }

  /** What the binder found the node to refer to: a column, function, table, variable or parameter. */
  get symbol(): { readonly kind: string; readonly name: string } | undefined {
    const symbol = this.raw.ReferencedSymbol;
    if (!symbol) return undefined;
    return { kind: languageService().symbolKinds.get(symbol.Kind) ?? 'unknown', name: symbol.Name ?? '' };
  }

  get resultType(): ResultType | undefined {
    return toResultType(this.raw.ResultType);
  }

  /** For a call of a function that the query declares, with this body: the body bound with the call's arguments. */
  calledBody(declared: KqlNode): KqlNode | undefined {
    const body = this.raw.GetCalledFunctionBody?.();
    return body ? new KqlNode(body, declared.raw.TriviaStart + declared.base - body.TriviaStart) : undefined;
  }

  /** This node and everything below it. */
  *walk(): Generator<KqlNode> {
    yield this;
    for (const child of this.children) yield* child.walk();
  }
}

/** The tables that a query can name. */
export type DatabaseSchema = ReadonlyMap<string, readonly NamedType[]>;

const WATCHLIST = 'watchlist:';

/** What the workspace's own schema calls the table of a watchlist; no query can name it so. */
export function watchlistTable(alias: string): string {
  return `${WATCHLIST}${alias.toLowerCase()}`;
}

const STAND_IN = 'stand-in:';

/** What the workspace's own schema calls the table of what a function knows. */
export function standInTable(name: string): string {
  return `${STAND_IN}${name}`;
}

/** Whether a table of a schema is one that queries name as such. */
export function isNamedTable(name: string): boolean {
  return !name.startsWith(WATCHLIST) && !name.startsWith(STAND_IN);
}

/** A database of all of Log Analytics' tables takes 0.2 s to make; a query names a few. */
const symbolsByColumns = new WeakMap<readonly NamedType[], { WithIsOpen(open: boolean): object }>();
/** What to bind against, by the tables: schemas that have a table's columns in common share it. */
const globalsByTables = new Map<string, RawGlobals>();
const MAX_GLOBALS = 200;
const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** A number that no other object has. */
function identityOf(thing: object): number {
  const identity = identities.get(thing) ?? ++lastIdentity;
  identities.set(thing, identity);
  return identity;
}

/** Its columns are those of whatever writes to it: https://learn.microsoft.com/azure/azure-monitor/reference/tables/azurediagnostics */
const OPEN_TABLES: ReadonlySet<string> = new Set(['AzureDiagnostics']);

function tableSymbol(name: string, columns: readonly NamedType[]): { WithIsOpen(open: boolean): object } {
  const known = symbolsByColumns.get(columns);
  if (known) return known;
  const { Symbols } = languageService().raw;
  const symbol = new Symbols.TableSymbol.$ctor4(
    name,
    columns.map(
      (column) => new Symbols.ColumnSymbol(column.name, Symbols.ScalarTypes.GetSymbol(column.type)),
    ),
  );
  symbolsByColumns.set(columns, symbol);
  return symbol;
}

/** The tables that a query's text could mean: those whose names stand in it; all of them, where it may use wildcards. */
export function tablesNamedIn(query: string, schema: DatabaseSchema): readonly string[] {
  if (mayUseWildcards(query)) return [...schema.keys()].filter(isNamedTable);
  const words = new Set(query.match(/[\p{L}_][\p{L}\p{N}_]*/gu));
  return [...schema.keys()].filter(
    (name) => words.has(name) || (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) && query.includes(name)),
  );
}

/** True when a query has an operator that takes patterns of table names. */
export function mayUseWildcards(query: string): boolean {
  return /\b(search|find)\b/.test(query) || (/\bunion\b/.test(query) && query.includes('*'));
}

function globalsOf(schema: DatabaseSchema, query: string): RawGlobals {
  const names = tablesNamedIn(query, schema);
  const asksWatchlists = query.includes(GET_WATCHLIST);
  const enrichments = enrichmentSymbols(query);
  const key = [
    ...names.map((name) => `${name} ${identityOf(schema.get(name) ?? schema)}`),
    ...(asksWatchlists ? [`${GET_WATCHLIST} ${identityOf(schema)}`] : []),
    ...enrichments.map(({ Name }) => `${Name}()`),
  ].join('\n');
  const made = globalsByTables.get(key);
  if (made) return made;
  const { Symbols, GlobalState } = languageService().raw;
  const tables = names.map((name) => {
    const table = tableSymbol(name, schema.get(name) ?? []);
    return OPEN_TABLES.has(name) ? table.WithIsOpen(true) : table;
  });
  const globals = GlobalState.Default.WithPlugIns(pluginsOfToday()).WithDatabase(
    new Symbols.DatabaseSymbol.$ctor1(
      'workspace',
      [...tables, ...(asksWatchlists ? [getWatchlist(schema)] : []), ...enrichments],
      false,
    ),
  );
  if (globalsByTables.size >= MAX_GLOBALS) globalsByTables.clear();
  globalsByTables.set(key, globals);
  return globals;
}

/** What stands for the tables that a query is bound against; the same object for the same tables. */
export function tablesBoundAgainst(query: string, schema: DatabaseSchema): object {
  return globalsOf(schema, query);
}

/** Sentinel's function for the rows of a watchlist. */
export const GET_WATCHLIST = '_GetWatchlist';

/** The columns that a watchlist has whatever is in it. */
const watchlistColumns: readonly NamedType[] = [
  { name: '_DTItemId', type: 'string' },
  { name: 'LastUpdatedTimeUTC', type: 'datetime' },
  { name: 'SearchKey', type: 'string' },
];

/** Its answer has the columns of the watchlist; of one that is not there, any. */
function getWatchlist(schema: DatabaseSchema): object {
  const { Symbols } = languageService().raw;
  return new Symbols.FunctionSymbol.$ctor1(
    GET_WATCHLIST,
    ({ Arguments }) => {
      const alias = Arguments.getItem(0).ConstantValue;
      const columns = typeof alias === 'string' ? schema.get(watchlistTable(alias)) : undefined;
      return columns
        ? tableSymbol(GET_WATCHLIST, columns)
        : tableSymbol(GET_WATCHLIST, watchlistColumns).WithIsOpen(true);
    },
    Symbols.Tabularity.Tabular,
    [new Symbols.Parameter.$ctor2('watchlistAlias', Symbols.ScalarTypes.GetSymbol('string'))],
  );
}

/** True for the name of one of Kusto's aggregate functions (`count`, `make_set`, …). */
export function isAggregateName(name: string): boolean {
  return languageService().raw.GlobalState.Default.GetAggregate(name) !== null;
}

/** A problem that the parser (`syntax`) or binder found; `start` and `length` in characters. */
export interface BinderDiagnostic {
  readonly phase: 'syntax' | 'semantic';
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly start: number;
  readonly length: number;
}

/** A parsed and bound query: its syntax tree, the type of its result, and what is wrong with it. */
export interface BoundCode {
  readonly root: KqlNode;
  readonly resultType: ResultType | undefined;
  readonly diagnostics: readonly BinderDiagnostic[];
}

/** Microsoft's parser came to grief over a query, as it does over some graphs; `offset` is the place of the first graph, if any. */
export class ParserFailure extends Error {
  override readonly name = 'ParserFailure';
  readonly offset: number;

  constructor(query: string, message: string) {
    super(message);
    this.offset = Math.max(0, query.search(/\b(make-graph|graph-[a-z-]+)\b/));
  }
}

function analysed(query: string, schema: DatabaseSchema): RawCode {
  try {
    return languageService().raw.KustoCode.ParseAndAnalyze(query, globalsOf(schema, query));
  } catch (error) {
    // What Bridge.NET throws is no Error.
    const { message } = error as { message?: unknown };
    throw new ParserFailure(query, `Microsoft's parser failed: ${message ?? error}`);
  }
}

/** Parses and binds a query against the tables of `schema` (about 1 s the first time, some ms after). */
export function parseAndBind(query: string, schema: DatabaseSchema): BoundCode {
  const code = analysed(query, schema);
  const syntax = toArray(code.GetSyntaxDiagnostics()).map(placeOf);
  return {
    root: new KqlNode(code.Syntax),
    resultType: toResultType(code.ResultType),
    diagnostics: toArray(code.GetDiagnostics()).map((diagnostic) => ({
      phase: syntax.includes(placeOf(diagnostic)) ? 'syntax' : 'semantic',
      code: diagnostic.Code,
      severity: diagnostic.Severity,
      message: diagnostic.Message,
      start: diagnostic.Start,
      length: diagnostic.Length,
    })),
  };
}

function placeOf({ Code, Start }: RawDiagnostic): string {
  return `${Code} ${Start}`;
}
