import { appliesTo, type Exclusion } from '../exclusions/exclusion.ts';
import { hidingFilters, matchFilter } from '../exclusions/exclusion-predicate.ts';
import { type CompiledHunt, type Moment, momentAt } from '../hunting/compiled-hunt.ts';
import { compiledOf, type Hunt } from '../hunting/hunt.ts';
import { COUNT, DEVICE_COLUMNS, timeColumns } from '../hunting/row-reader.ts';
import type { Slice } from '../hunting/slice.ts';
import { coverageQuery, type LateSearch } from './coverage-query.ts';
import { exclusionSetOf } from './exclusion-set.ts';
import { fillTimes } from './fill-times.ts';
import { identifier, joinKql, type Kql, kql, reviewedQuery } from './kql.ts';

export interface SliceQueries {
  withExclusions: string;
  /** What stands in it ahead of the hunt's own text. */
  prelude: string;
  /** Only what tells sightings apart, and when they were. Undefined when no exclusion applies: then it would be the same query. */
  withoutExclusions: string | undefined;
  /** See `coverageQuery`. */
  coverage: string;
  /** The exclusions that act on a table of the hunt, each as its id and a fingerprint of its predicate: `id:fingerprint`, in order of the ids. */
  exclusionSet: string[];
}

/** What a hunt is asked for. */
export interface Asked {
  hunt: Hunt;
  slice: Slice;
  /** The service does not honour `query_now`: the slice's time stands in the query itself. */
  literally?: boolean;
}

/**
 * The queries of one slice. Each ends in the hunt's query; `set query_now` says what `now()` means in it, and a `let` for each table shadows the table, so
 * that exclusions act before the query summarizes, nothing is there that happened after the slice's time, and `Timestamp` exists in either flavour.
 */
export function sliceQueries({
  exclusions,
  late,
  ...asked
}: Asked & {
  /** Those that `exclusionsFor` found to apply. */
  exclusions: readonly Exclusion[];
  late?: LateSearch | undefined;
}): SliceQueries {
  const { hunt, slice } = asked;
  const compiled = compiledOf(hunt);
  const tables = shadowedTables(compiled);
  const filters = new Map(
    tables.map(({ name }) => [name, hidingFilters(acting(exclusions, name, hunt), name, hunt)]),
  );
  const shown = huntQuery(asked, (table) => filters.get(table) ?? []);
  const exclusionSet = exclusionSetOf(exclusions, hunt);
  return {
    withExclusions: shown.text,
    prelude: shown.prelude,
    withoutExclusions:
      exclusionSet.length === 0 ? undefined : huntQuery(asked, () => [], identityOnly(compiled)).text,
    coverage: kql`${timeSetting(asked)}${coverageQuery(compiled, slice, late)}`.text,
    exclusionSet,
  };
}

/**
 * The hunt on nothing but what one exclusion matches: tables that it does not act on are empty. What it returns, the rows of that exclusion
 * give by themselves.
 */
export function narrowedQuery(asked: Asked, exclusion: Exclusion): string {
  return huntQuery(asked, matchedBy(exclusion, asked.hunt), identityOnly(compiledOf(asked.hunt))).text;
}

/** Names the exclusion in each row of `hidingQuery`. */
export const HIDER = 'HidingExclusion';

/**
 * What `narrowedQuery` returns of several exclusions, in one query: each is a function with a prelude of its own. Of the columns there are those that tell
 * things apart, and the exclusion's id.
 */
export function hidingQuery(asked: Asked, exclusions: readonly Exclusion[]): string {
  const { identity, labels } = compiledOf(asked.hunt);
  const columns = [...new Set([...identity, ...labels].map(({ name }) => name))].map(identifier);
  const { own } = huntParts(asked, () => []);
  const functions = exclusions.map((exclusion, index) => {
    const kept = kql`\n| distinct ${joinKql(columns, kql`, `)}\n| extend ${identifier(HIDER)} = ${exclusion.id}`;
    const { shadows, body, appended } = huntParts(asked, matchedBy(exclusion, asked.hunt), kept);
    return kql`let ${functionName(index)} = () {\n${shadows}${body}${appended}\n};\n`;
  });
  const calls = exclusions.map((_, index) => kql`(${functionName(index)}())`);
  return kql`${own}${timeSetting(asked)}${joinKql(functions, kql``)}union ${joinKql(calls, kql`, `)}`.text;
}

function functionName(index: number): Kql {
  return identifier(`Hides${index}`);
}

/** Only what the exclusion matches, of the tables that it acts on; nothing of others. */
function matchedBy(exclusion: Exclusion, hunt: Hunt): (table: string) => readonly Kql[] {
  return (table) => [
    acting([exclusion], table, hunt).length > 0 ? matchFilter(exclusion, table, hunt) : kql`| where false`,
  ];
}

function huntQuery(
  asked: Asked,
  filtersOf: (table: string) => readonly Kql[],
  only?: Kql,
): { prelude: string; text: string } {
  const { own, shadows, body, appended } = huntParts(asked, filtersOf, only);
  const prelude = kql`${own}${timeSetting(asked)}${shadows}`;
  return { prelude: prelude.text, text: kql`${prelude}${body}${appended}`.text };
}

/** The query's own `set` statements, what shadows its tables, the query itself, and what follows it: what makes its numbers exact, then `only`. */
function huntParts(
  asked: Asked,
  filtersOf: (table: string) => readonly Kql[],
  only?: Kql,
): Record<'own' | 'shadows' | 'body' | 'appended', Kql> {
  const { hunt, slice, literally = false } = asked;
  const compiled = compiledOf(hunt);
  const exact = exactNumbers(compiled);
  // What is appended goes behind the last expression, not behind a closing semicolon or comment.
  const query = exact || only ? hunt.query.slice(0, compiled.end) : hunt.query;
  const { sets, body } = fillTimes(query, compiled, slice, literally);
  const own = sets.map((set) => reviewedQuery(`${set}\n`));
  const shadows = shadowedTables(compiled).map((table) =>
    shadow(table, filtersOf(table.name), compiled, slice),
  );
  return {
    own: joinKql(own, kql``),
    shadows: joinKql(shadows, kql``),
    body: reviewedQuery(body),
    appended: kql`${exact ?? kql``}${only ?? kql``}`,
  };
}

/** JSON has no room for the digits of a large number, and two that differ in the last one are two things. */
function exactNumbers({ identity }: CompiledHunt): Kql | undefined {
  const numbers = identity.filter(({ type }) => type === 'long' || type === 'decimal');
  if (numbers.length === 0) return undefined;
  const texts = numbers.map(({ name }) => kql`${identifier(name)} = tostring(${identifier(name)})`);
  return kql`\n| extend ${joinKql(texts, kql`, `)}`;
}

/**
 * Keeps what is read of a sighting that is not told: its identity, device, entities, times and count, mostly a fraction of the row. The columns beside the identity
 * may have gone since the hunt was compiled. Undefined where there is nothing to leave out, or not all columns are known.
 */
function identityOnly({ columns, open, identity, labels, entities = [] }: CompiledHunt): Kql | undefined {
  const own = new Set(identity.map(({ name }) => name));
  const wanted = new Set([
    ...labels.map(({ name }) => name),
    ...DEVICE_COLUMNS,
    ...entities.map(({ column }) => column),
    ...timeColumns(columns),
    ...columns.filter(({ name }) => COUNT.test(name)).map(({ name }) => name),
  ]);
  const beside = columns.filter(({ name }) => wanted.has(name) && !own.has(name));
  if (open || own.size + beside.length >= columns.length) return undefined;
  const kept = [
    ...[...own].map(identifier),
    ...beside.map(({ name, type }) => kql`${identifier(name)} = column_ifexists(${name}, ${emptyOf(type)})`),
  ];
  return kql`\n| project ${joinKql(kept, kql`, `)}`;
}

function emptyOf(type: CompiledHunt['columns'][number]['type']): Kql | string {
  if (type === 'datetime') return kql`datetime(null)`;
  return type === 'long' || type === 'int' ? kql`long(null)` : '';
}

function timeSetting({ slice, literally }: Asked): Kql {
  return literally ? kql`` : kql`set query_now = ${slice.at};\n`;
}

type Table = CompiledHunt['tables'][number];

function shadowedTables({ tables }: CompiledHunt): Table[] {
  return tables.filter(({ shadowed }) => shadowed);
}

function acting(exclusions: readonly Exclusion[], table: string, hunt: Hunt): Exclusion[] {
  return hunt.tables.includes(table)
    ? exclusions.filter((exclusion) => appliesTo(exclusion, table, hunt))
    : [];
}

function shadow(table: Table, filters: readonly Kql[], { supplied }: CompiledHunt, slice: Slice): Kql {
  const lines = [
    kql`let ${identifier(table.name)} = table(${table.name})`,
    kql`| extend Timestamp = column_ifexists("Timestamp", column_ifexists("TimeGenerated", datetime(null)))`,
    ...supplied
      .filter((one) => one.table === table.name)
      .map(
        ({ column, from }) =>
          kql`| extend ${identifier(column)} = column_ifexists(${column}, column_ifexists(${from}, ""))`,
      ),
    ...filters,
    ...bounds(table, slice),
  ];
  return kql`${joinKql(lines, kql`\n`)};\n`;
}

/** Log Analytics' name, and Defender's, which the prelude has made by then. */
const ROW_TIME = kql`column_ifexists("TimeGenerated", Timestamp)`;

/** Nothing from after the slice's time; nothing from before its lookback where the query leaves its beginning open. */
function bounds({ kind, needs }: Table, { at, lookbackMs }: Slice): Kql[] {
  if (kind === 'untimed') return [];
  const open = kind === 'events' && needs?.from && dependsOnLookback(needs.from) ? needs.from : undefined;
  return [
    ...(open ? [kql`| where ${ROW_TIME} >= ${momentAt(open, at, lookbackMs)}`] : []),
    kql`| where ${ROW_TIME} <= ${at}`,
  ];
}

function dependsOnLookback(moment: Moment): boolean {
  if (!('of' in moment)) return moment.op === 'lookback';
  return [moment.of].flat().some(dependsOnLookback);
}
