import { hash as digest } from 'node:crypto';
import { type Entity, mergeEntities } from './entities.ts';
import { compiledOf, type Hunt } from './hunt.ts';
import type { Cell, Column, ResultTable } from './result-table.ts';
import { type Device, RowReader } from './row-reader.ts';

/** One thing that a query returned: rows of the same identity (a renamed device, say) are one sighting. */
export interface Sighting {
  /** Hash of the identity: equal for equal identities, safe in a storage key. */
  readonly key: string;
  /** Hash of what names the device; absent where the row names none, or the identity does not say which. */
  readonly deviceKey?: string | undefined;
  readonly device?: Device | undefined;
  readonly identity: Record<string, string>;
  /** What it is about besides the device; absent when it names nothing. */
  readonly entities?: Entity[] | undefined;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  readonly count?: number | undefined;
  /** The row seen last, and its columns. */
  readonly cells: readonly Cell[];
  readonly columns: readonly Column[];
}

/** The identity of a hunt can't be read from what its query returned. */
export class UnreadableIdentity extends Error {}

/** Label columns, and the column that identifies what they label: a label is no part of an identity, since it changes while the thing stays the same. */
const labels: Record<string, string> = { DeviceName: 'DeviceId', AccountName: 'AccountObjectId' };

/** 128 bits of SHA-256 as hex: short enough for a key, too long to be met by chance or by design. */
export function hash(...parts: string[]): string {
  return hashOf(JSON.stringify(parts));
}

function hashOf(json: string): string {
  return digest('sha256', json, 'hex').slice(0, 32);
}

/** A device's pseudonym: what memory, plan and telemetry tell devices apart by. */
export function deviceKeyOf({ id, name }: { id?: string | undefined; name?: string | undefined }): string {
  return hash('device', id ?? name ?? '');
}

/**
 * The sightings of a query result, without those whose keys are in `but`. What makes two rows the same thing was settled when the hunt was compiled: further
 * columns change nothing.
 *
 * Times are the row's own, never later than `now`: an endpoint's clock can be wrong, and a time far ahead would hide its later returns.
 * @throws UnreadableIdentity
 */
export function toSightings(
  table: ResultTable,
  hunt: Pick<Hunt, 'file' | 'compiled'>,
  now: Date,
  but?: { has(key: string): boolean },
): Sighting[] {
  const compiled = compiledOf(hunt);
  const unreadable = table.columns.length > 0 ? unreadableIn(table, compiled.identity) : undefined;
  if (unreadable !== undefined) throw new UnreadableIdentity(`${hunt.file}: identity: ${unreadable}`);
  const reader = new RowReader(table.columns, compiled);
  const deviceKeys = lastRemembered((named: string) => hash('device', named));
  const sightings = new Map<string, SightedRow>();
  for (const cells of table.rows) {
    const key = hashOf(reader.identityJson(cells));
    if (but?.has(key)) continue;
    const device = reader.ownDevice(cells);
    const sighting = new SightedRow(reader, {
      key,
      cells,
      deviceKey: device === undefined ? undefined : deviceKeys(device),
      count: reader.countOf(cells),
      ...reader.span(cells, now.getTime()),
    });
    const same = sightings.get(key);
    sightings.set(key, same ? merge(same, sighting) : sighting);
  }
  return [...sightings.values()];
}

/** Rows of one device mostly stand together. */
function lastRemembered<T>(find: (name: string) => T): (name: string) => T {
  let last: { name: string; found: T } | undefined;
  return (name) => {
    if (last?.name !== name) last = { name, found: find(name) };
    return last.found;
  };
}

/** What is kept of a row. */
interface Kept {
  key: string;
  deviceKey: string | undefined;
  count: number | undefined;
  cells: readonly Cell[];
  /** Milliseconds. */
  first: number;
  last: number;
  /** What rows named that were seen earlier. */
  others?: readonly Entity[];
}

const none: readonly Entity[] = [];

/** What is compared is kept, and the rest is read when somebody asks: of half a million sightings nearly all are known. */
class SightedRow implements Sighting {
  readonly reader: RowReader;
  readonly key: string;
  readonly deviceKey: string | undefined;
  readonly count: number | undefined;
  readonly cells: readonly Cell[];
  readonly first: number;
  readonly last: number;
  readonly others: readonly Entity[];

  constructor(reader: RowReader, { key, deviceKey, count, cells, first, last, others = none }: Kept) {
    this.reader = reader;
    this.key = key;
    this.deviceKey = deviceKey;
    this.count = count;
    this.cells = cells;
    this.first = first;
    this.last = last;
    this.others = others;
  }

  get columns(): readonly Column[] {
    return this.reader.columns;
  }

  get identity(): Record<string, string> {
    return this.reader.identity(this.cells);
  }

  get device(): Device | undefined {
    return this.reader.device(this.cells);
  }

  get entities(): Entity[] | undefined {
    const entities = mergeEntities(this.reader.entities(this.cells), this.others);
    return entities.length > 0 ? entities : undefined;
  }

  get firstSeen(): Date {
    return new Date(this.first);
  }

  get lastSeen(): Date {
    return new Date(this.last);
  }
}

function merge(one: SightedRow, other: SightedRow): SightedRow {
  const [latest, before] = other.last >= one.last ? [other, one] : [one, other];
  const both = one.count !== undefined && other.count !== undefined;
  return new SightedRow(latest.reader, {
    ...latest,
    first: Math.min(one.first, other.first),
    others: mergeEntities(latest.others, before.entities ?? none),
    count: both ? Number(one.count) + Number(other.count) : latest.count,
  });
}

/** Why the columns of an identity can't be compared, in words; undefined when they can. */
function unreadableIn(
  { columns, rows }: ResultTable,
  identity: readonly { name: string }[],
): string | undefined {
  const names = new Set(identity.map(({ name }) => name));
  const missing = [...names].filter((name) => !columns.some((column) => column.name === name));
  if (missing.length > 0)
    return `the query returns no column ${missing.join(', ')}; it returns ${columns.map((column) => column.name).join(', ')}`;
  const own = columns.flatMap((column, place) => (names.has(column.name) ? [{ ...column, place }] : []));
  const dynamic = own.find(({ type }) => type === 'dynamic');
  if (dynamic)
    return `${dynamic.name} comes as dynamic, which has no text of its own; make text of it with tostring()`;
  const inexact = own
    .filter(({ type }) => type !== 'string')
    .find(({ place }) => rows.some((cells) => Math.abs(Number(cells[place])) > Number.MAX_SAFE_INTEGER));
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

export function earlier(one: Date, other: Date): Date {
  return other < one ? other : one;
}

export function later(one: Date, other: Date): Date {
  return other > one ? other : one;
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
