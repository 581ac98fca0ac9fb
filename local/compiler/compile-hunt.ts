import { documentedTables, schemaOf } from 'kql-workspace/documented-columns.ts';
import {
  type DatabaseSchema,
  type KqlNode,
  type NamedType,
  parseAndBind,
} from 'kql-workspace/language-service.ts';
import {
  type CompiledHunt,
  compiledHuntSchema,
  scalarTypes,
} from '../../functions/domain/hunting/compiled-hunt.ts';
import { type EntityColumn, kindOfColumn } from '../../functions/domain/hunting/entities.ts';
import { type Hunt, huntHash, withCompilation } from '../../functions/domain/hunting/hunt.ts';
import { codeOf, mentions } from '../../functions/domain/kql/kql-code.ts';
import { type Analysis, analyseQuery } from './analyse-query.ts';
import { coversOf, tablesOf } from './covers.ts';
import { documentedLists } from './documented-lists.ts';
import { identityOf } from './identity.ts';
import { fillPlaceholders } from './placeholders.ts';
import { suppliedColumns } from './supplied-columns.ts';
import { timesIn } from './times-in-query.ts';

/** What came of compiling a hunt. Errors and warnings begin with the hunt's file. */
export interface Compiled {
  /** Absent when there are errors. */
  compiled?: CompiledHunt;
  errors: string[];
  warnings: string[];
  /** What the query leaves open and the hunt's file can say. */
  lacks: ('lookback' | 'identity')[];
}

/** Finds out with Microsoft's parser and binder what a hunt looks at, what it returns, and what makes two of its rows the same thing. */
export function compileHunt(hunt: Hunt): Compiled {
  const filled = fillPlaceholders(hunt.query);
  const { root, resultType } = parseAndBind(filled.text, bindingSchema(hunt));
  const analysis = analyseQuery(root);
  const columns =
    resultType?.kind === 'table'
      ? resultType.columns.map(({ name, type }) => ({ name, type: typeOf(type) }))
      : [];
  // No query returns no column at all: it is made by something that the binder does not know.
  const open =
    resultType?.kind !== 'table' ||
    resultType.open ||
    columns.length === 0 ||
    columns.some(({ type }) => type === 'unknown');
  const { identity, labels, errors } = identityOf(hunt, columns, open, analysis.result);
  const { underivable, ...covers } = coversOf(analysis, hunt.lookbackMs);
  const said = [
    ...filled.unknown.map(
      ({ name, line }) =>
        `line ${line} of the query: nothing fills the placeholder ${name}; write a value in its place`,
    ),
    ...(covers.covers === null
      ? [
          `how far back the query looks can't be told (${underivable}); say it with lookback: PT4H in the file, or write the bound with ago(), now() and literals`,
        ]
      : []),
    ...unnamed(analysis),
    ...errors,
  ];
  const lacks: Compiled['lacks'] = [
    ...(covers.covers === null ? (['lookback'] as const) : []),
    ...(errors.length > 0 ? (['identity'] as const) : []),
  ];
  if (said.length > 0) return { errors: said.map((error) => `${hunt.file}: ${error}`), warnings: [], lacks };

  const compiled = compiledHuntSchema.parse({
    format: 1,
    hash: huntHash(hunt),
    tables: tablesOf(analysis.leaves),
    ...covers,
    ...(hunt.lookbackMs !== undefined && { lookbackMs: hunt.lookbackMs }),
    times: timesIn(root, filled),
    end: endOf(root, filled.originalOffset),
    sets: setsIn(root, filled.originalOffset),
    columns,
    open,
    identity,
    labels,
    entities: entityColumns(hunt, columns, identity),
    counts: analysis.result.counts,
    ...(analysis.result.pairs && { pairs: true }),
    asOfToday: [...analysis.asOfToday, ...snapshots(analysis)],
    notReplayable: [...analysis.notReplayable, ...unbounded(analysis)],
    documented: documentedLists([...hunt.tables, ...analysis.leaves.map(({ table }) => table)]),
    supplied: suppliedColumns(hunt),
  } satisfies CompiledHunt);
  return { compiled, errors: [], warnings: [], lacks };
}

/** The hunt with what it was compiled to. @throws Error that lists what is wrong with it, a line each */
export function withCompiled(hunt: Hunt): Hunt {
  const { compiled, errors } = compileHunt(hunt);
  if (!compiled) throw new Error(errors.join('\n'));
  return withCompilation(hunt, compiled);
}

/** Those that the hunt maps, then columns with usual names: what makes its rows apart first. */
function entityColumns(
  { entities = [] }: Hunt,
  columns: CompiledHunt['columns'],
  identity: CompiledHunt['identity'],
): EntityColumn[] {
  const usual = [...identity, ...columns].flatMap(({ name, type }) => {
    const kind = type === 'string' ? kindOfColumn(name) : undefined;
    return kind ? [{ column: name, kind }] : [];
  });
  return [
    ...new Map([...entities, ...usual].toReversed().map((one) => [one.column, one])).values(),
  ].toReversed();
}

function snapshots({ leaves }: Analysis): string[] {
  const tables = new Set(leaves.filter(({ kind }) => kind !== 'events').map(({ table }) => table));
  return [...tables].map((table) => `${table} as it is today`);
}

/** Tables that are not named can be neither counted nor bounded, so no run would be complete. */
function unnamed({ leaves }: Analysis): string[] {
  const tables = new Set(leaves.map(({ table }) => table).filter((table) => table.includes('*')));
  return [...tables].map((table) => `the query reads tables by a wildcard (${table}); name each of them`);
}

/** Tables whose rows behind an earlier time can't be left out. */
function unbounded({ leaves }: Analysis): string[] {
  const tables = new Set(
    leaves.filter(({ shadowed, needs }) => !shadowed && needs.to === null).map(({ table }) => table),
  );
  return [...tables].map((table) => `${table} is read in a way that can't be bounded to an earlier time`);
}

const schemas = new Map<string, DatabaseSchema>();

/** Every documented table, with the time columns of both flavours and what the prelude supplies. */
export function bindingSchema(hunt: Hunt): DatabaseSchema {
  const supplied = suppliedColumns(hunt);
  const standard = standardColumns(hunt.query);
  const key = JSON.stringify([supplied, standard]);
  const known = schemas.get(key);
  if (known) return known;
  const defender = schemaOf('defender-xdr');
  const schema = new Map(
    [...documentedTables()].map(([table, columns]): [string, readonly NamedType[]] => {
      const more = [...(defender.get(table) ?? []), { name: 'Timestamp', type: 'datetime' }, ...standard];
      const added = supplied
        .filter((one) => one.table === table)
        .map(({ column }) => ({ name: column, type: 'string' }));
      const names = new Set(columns.map(({ name }) => name));
      const missing = [...more, ...added].filter(({ name }) => !names.has(name) && names.add(name));
      return [table, [...columns, ...missing]];
    }),
  );
  schemas.set(key, schema);
  return schema;
}

/** What every table of Log Analytics has, listed or not: https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns */
const STANDARD: readonly NamedType[] = [
  { name: 'TenantId', type: 'string' },
  { name: 'Type', type: 'string' },
  { name: '_ItemId', type: 'string' },
  { name: '_ResourceId', type: 'string' },
  { name: '_SubscriptionId', type: 'string' },
  { name: '_TimeReceived', type: 'datetime' },
];

/** Those of them that a query names. */
function standardColumns(query: string): readonly NamedType[] {
  const code = codeOf(query);
  return STANDARD.filter(({ name }) => mentions(code, name));
}

/** The tables of Log Analytics for one query: as they are listed, and with the standard columns that it names. */
export function logAnalyticsSchema({ query }: Pick<Hunt, 'query'>): DatabaseSchema {
  const standard = standardColumns(query);
  if (standard.length === 0) return schemaOf('log-analytics');
  const key = JSON.stringify(standard);
  const known = schemas.get(key);
  if (known) return known;
  const schema = new Map(
    [...schemaOf('log-analytics')].map(([table, columns]): [string, readonly NamedType[]] => {
      const names = new Set(columns.map(({ name }) => name));
      return [table, [...columns, ...standard.filter(({ name }) => !names.has(name))]];
    }),
  );
  schemas.set(key, schema);
  return schema;
}

function typeOf(type: string): CompiledHunt['columns'][number]['type'] {
  return scalarTypes.find((known) => known === type) ?? 'unknown';
}

function endOf(root: KqlNode, original: (offset: number) => number): number {
  const last = root.items('Statements').findLast(({ kind }) => kind === 'ExpressionStatement');
  const expression = last?.child('Expression');
  // Nothing may follow `render`, which says how a person sees the rows.
  const shown =
    expression?.child('Operator')?.kind === 'RenderOperator' ? expression.child('Expression') : last;
  return original(shown?.end ?? root.end);
}

function setsIn(root: KqlNode, original: (offset: number) => number): CompiledHunt['sets'] {
  const statements = root.child('Statements')?.children ?? [];
  return statements
    .filter((element) => element.children[0]?.kind === 'SetOptionStatement')
    .map((element) => ({ start: original(element.start), end: original(element.end) }));
}
