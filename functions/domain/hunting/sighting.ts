import { createHash } from 'node:crypto';
import { type Entity, entitiesOf, mergeEntities } from './entities.ts';
import { compiledOf, type Hunt } from './hunt.ts';

/** A value of a query result. Dynamic columns arrive as JSON text; a null of any type is `null`. */
export type Cell = string | number | boolean | Date | null;

export type Row = Record<string, Cell>;

/** A column of a query result; `type` is the service's name for it (`string`, `datetime`, `long`, `dynamic`, …). */
export interface Column {
  name: string;
  type: string;
}

/** A query result, parsed at the edge: cells stand under their column's name. */
export interface ResultTable {
  columns: Column[];
  rows: Row[];
}

/** One thing that a query returned: rows of the same identity (a renamed device, say) are one sighting. */
export interface Sighting {
  /** Hash of the identity: equal for equal identities, safe in a storage key. */
  key: string;
  /** Hash of what names the device; absent where the row names none, or the identity does not say which. */
  deviceKey?: string;
  device?: { id?: string; name?: string };
  identity: Record<string, string>;
  /** What it is about besides the device; absent when it names nothing. */
  entities?: Entity[];
  firstSeen: Date;
  lastSeen: Date;
  count?: number;
  /** The row seen last. */
  row: Row;
}

/** The identity of a hunt can't be read from what its query returned. */
export class UnreadableIdentity extends Error {}

/** Label columns, and the column that identifies what they label: a label is no part of an identity, since it changes while the thing stays the same. */
const labels: Record<string, string> = { DeviceName: 'DeviceId', AccountName: 'AccountObjectId' };

/** 128 bits of SHA-256 as hex: short enough for a key, too long to be met by chance or by design. */
export function hash(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/**
 * The sightings of a query result. What makes two rows the same thing was settled when the hunt was compiled: further columns change nothing.
 *
 * Times are the row's own, never later than `now`: an endpoint's clock can be wrong, and a time far ahead would hide its later returns.
 * @throws UnreadableIdentity
 */
export function toSightings(
  table: ResultTable,
  hunt: Pick<Hunt, 'file' | 'compiled'>,
  now: Date,
): Sighting[] {
  const { identity, labels: stepIns, entities: entityColumns } = compiledOf(hunt);
  const identityColumns = identity.map(({ name }) => name);
  const unreadable = table.columns.length > 0 ? unreadableIn(table, identityColumns) : undefined;
  if (unreadable !== undefined) throw new UnreadableIdentity(`${hunt.file}: identity: ${unreadable}`);
  const times = timeColumns(table.columns);
  const countColumn = table.columns.find((column) => /^(count_?|eventcount)$/i.test(column.name))?.name;

  const sightings = new Map<string, Sighting>();
  for (const row of table.rows) {
    const labelled = stepIns.filter(({ of }) => cellText(row[of]) === '').map(({ name }) => name);
    const entities = entitiesOf(row, entityColumns);
    const sighting = {
      ...toSighting(row, [...identityColumns, ...labelled], times, countColumn, now),
      ...(entities.length > 0 && { entities }),
    };
    const same = sightings.get(sighting.key);
    sightings.set(sighting.key, same ? merge(same, sighting) : sighting);
  }
  return [...sightings.values()];
}

/** Why the columns of an identity can't be compared, in words; undefined when they can. */
function unreadableIn({ columns, rows }: ResultTable, identity: readonly string[]): string | undefined {
  const missing = identity.filter((name) => !columns.some((column) => column.name === name));
  if (missing.length > 0)
    return `the query returns no column ${missing.join(', ')}; it returns ${columns.map((column) => column.name).join(', ')}`;
  const own = columns.filter(({ name }) => identity.includes(name));
  const dynamic = own.find(({ type }) => type === 'dynamic');
  if (dynamic)
    return `${dynamic.name} comes as dynamic, which has no text of its own; make text of it with tostring()`;
  const inexact = own.find(({ name }) =>
    rows.some((row) => typeof row[name] === 'number' && Math.abs(row[name]) > Number.MAX_SAFE_INTEGER),
  );
  return (
    inexact &&
    `${inexact.name} comes as numbers that are too large to be told apart; make text of them with tostring()`
  );
}

/** Columns of an identity that came with another type than the hunt was compiled with, in a sentence each: they are hunted by their text. */
export function changedTypes({ columns }: ResultTable, hunt: Pick<Hunt, 'file' | 'compiled'>): string[] {
  return compiledOf(hunt).identity.flatMap(({ name, type }) => {
    const now = columns.find((column) => column.name === name)?.type;
    // Numbers that may be too large for JSON are asked for as text.
    return now === undefined || now === type || now === 'string'
      ? []
      : [
          `${hunt.file}: identity: ${name} comes as ${now}, and was ${type} when the hunt was compiled; it is hunted by its text.`,
        ];
  });
}

function toSighting(
  row: Row,
  identityColumns: string[],
  times: string[],
  countColumn: string | undefined,
  now: Date,
): Sighting {
  const identity = Object.fromEntries(identityColumns.map((name) => [name, cellText(row[name])]));
  const moments = times
    .map((name) => row[name])
    .filter((cell): cell is Date => cell instanceof Date)
    .map((moment) => Math.min(moment.getTime(), now.getTime()));
  const device = deviceOf(row);
  const count = countColumn === undefined ? undefined : row[countColumn];
  return {
    key: hash(...Object.entries(identity).sort(byName).flat()),
    ...(device && { device, ...(isOf(device, identity) && { deviceKey: deviceKeyOf(device) }) }),
    identity,
    firstSeen: new Date(moments.length > 0 ? Math.min(...moments) : now),
    lastSeen: new Date(moments.length > 0 ? Math.max(...moments) : now),
    ...(typeof count === 'number' && count >= 0 && Number.isFinite(count) && { count }),
    row,
  };
}

/** Whether the identity says which device it is: else the same thing would be another's at another time, and memory could not find it. */
function isOf(device: { id?: string; name?: string }, identity: Record<string, string>): boolean {
  return Object.values(identity).includes(device.id ?? device.name ?? '');
}

/** A device's pseudonym: what memory, plan and telemetry tell devices apart by. */
export function deviceKeyOf({ id, name }: { id?: string | undefined; name?: string | undefined }): string {
  return hash('device', id ?? name ?? '');
}

function merge(one: Sighting, other: Sighting): Sighting {
  const [last, first] = other.lastSeen >= one.lastSeen ? [other, one] : [one, other];
  const entities = mergeEntities(last.entities ?? [], first.entities ?? []);
  return {
    ...last,
    ...(entities.length > 0 && { entities }),
    firstSeen: earlier(one.firstSeen, other.firstSeen),
    ...(one.count !== undefined && other.count !== undefined && { count: one.count + other.count }),
  };
}

export function earlier(one: Date, other: Date): Date {
  return new Date(Math.min(one.getTime(), other.getTime()));
}

export function later(one: Date, other: Date): Date {
  return new Date(Math.max(one.getTime(), other.getTime()));
}

/** Labels with the column that they label: where that is empty in a row, the label is all there is, and steps in. */
export function labelsOf(columns: readonly Column[]): [label: string, id: string][] {
  const names = new Set(columns.map((column) => column.name));
  return Object.entries(labels).filter(([label, id]) => names.has(label) && names.has(id));
}

/** What makes two rows the same thing where the hunt does not say: the string columns, without labels. */
export function defaultIdentity(columns: readonly Column[]): string[] {
  const names = new Set(columns.map((column) => column.name));
  return columns
    .filter((column) => column.type === 'string' || column.type === 'guid')
    .map((column) => column.name)
    .filter((name) => !names.has(labels[name] ?? ''));
}

/** The columns that say when: the usual names first, since a row may carry other dates (a process's creation) too. */
function timeColumns(columns: Column[]): string[] {
  const dates = columns.filter((column) => column.type === 'datetime').map((column) => column.name);
  const usual = dates.filter((name) =>
    /^(first_?seen|last_?seen|((min|max)_)?(timestamp|timegenerated))$/i.test(name),
  );
  return usual.length > 0 ? usual : dates.filter((name) => !/creation/i.test(name));
}

/** Columns that name a device, in the tables of Defender and of other Sentinel sources. */
function deviceOf(row: Row): { id?: string; name?: string } | undefined {
  const id = cellText(row.DeviceId);
  const name = [row.DeviceName, row.Computer, row.HostName].map(cellText).find((text) => text !== '') ?? '';
  if (id === '' && name === '') return undefined;
  return { ...(id !== '' && { id }), ...(name !== '' && { name }) };
}

function cellText(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return '';
  return cell instanceof Date ? cell.toISOString() : String(cell);
}

function byName([one]: [string, string], [other]: [string, string]): number {
  return one < other ? -1 : 1;
}
