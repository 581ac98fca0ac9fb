import type { CompiledHunt } from './compiled-hunt.ts';
import { type Entity, type EntityColumn, entitiesOf } from './entities.ts';
import { type Cell, type Column, placesOf } from './result-table.ts';

export interface Device {
  id?: string;
  name?: string;
}

/** The columns that say when: the usual names first, since a row may carry other dates (a process's creation) too. */
export function timeColumns(columns: readonly Column[]): string[] {
  const dates = columns.filter((column) => column.type === 'datetime').map((column) => column.name);
  const usual = dates.filter((name) =>
    /^(first_?seen|last_?seen|((min|max)_)?(timestamp|timegenerated))$/i.test(name),
  );
  return usual.length > 0 ? usual : dates.filter((name) => !/creation/i.test(name));
}

/** The column that says how often. */
export const COUNT = /^(count_?|eventcount)$/i;

/** Columns that name a device, in the tables of Defender and of other Sentinel sources. */
const DEVICE_NAMES = ['DeviceName', 'Computer', 'HostName'];
export const DEVICE_COLUMNS = ['DeviceId', ...DEVICE_NAMES];

/** A column of an identity. */
interface Part {
  name: string;
  place: number;
  isTime: boolean;
  /** As JSON, with the comma behind it. */
  quoted: string;
  /** Its place in the order of the names. */
  rank: number;
}

/** Reads the rows of one answer. Names, places and orders are settled once, since an answer may have half a million rows. */
export class RowReader {
  readonly columns: readonly Column[];
  private readonly places: ReadonlyMap<string, number>;
  private readonly own: readonly string[];
  private readonly plain: readonly Part[];
  private readonly stepIns: readonly { name: string; place: number }[];
  private readonly labelled = new Map<string, readonly Part[]>();
  private readonly times: readonly number[];
  private readonly count: number;
  private readonly entityColumns: readonly (EntityColumn & { place: number })[];
  private readonly deviceId: number;
  private readonly deviceNames: readonly number[];

  constructor(
    columns: readonly Column[],
    { identity, labels, entities = [] }: Pick<CompiledHunt, 'identity' | 'labels' | 'entities'>,
  ) {
    this.columns = columns;
    this.places = placesOf(columns);
    const placeOf = (name: string | undefined) => this.places.get(name ?? '') ?? -1;
    this.own = identity.map(({ name }) => name);
    this.plain = this.partsOf(this.own);
    this.stepIns = labels.map(({ name, of }) => ({ name, place: placeOf(of) }));
    this.times = timeColumns(columns).map(placeOf);
    this.count = placeOf(columns.find(({ name }) => COUNT.test(name))?.name);
    this.entityColumns = entities.map((one) => ({ ...one, place: placeOf(one.column) }));
    this.deviceId = placeOf('DeviceId');
    this.deviceNames = DEVICE_NAMES.map(placeOf).filter((place) => place >= 0);
  }

  /** Names and texts of the identity as JSON, in the order of the names: equal for equal identities. */
  identityJson(cells: readonly Cell[]): string {
    const parts = this.parts(cells);
    const pieces = new Array<string>(parts.length);
    for (const { place, isTime, quoted, rank } of parts)
      pieces[rank] = quoted + JSON.stringify(textOf(cells[place], isTime));
    return `[${pieces.join(',')}]`;
  }

  identity(cells: readonly Cell[]): Record<string, string> {
    const identity: Record<string, string> = {};
    for (const { name, place, isTime } of this.parts(cells)) identity[name] = textOf(cells[place], isTime);
    return identity;
  }

  device(cells: readonly Cell[]): Device | undefined {
    const id = textOf(cells[this.deviceId]);
    const name = this.deviceName(cells);
    if (id === '') return name === '' ? undefined : { name };
    return name === '' ? { id } : { id, name };
  }

  /**
   * What names the device, its id or else its name. Undefined where the identity does not say which it is: the same thing would be another's at another time,
   * and memory could not find it.
   */
  ownDevice(cells: readonly Cell[]): string | undefined {
    const named = textOf(cells[this.deviceId]) || this.deviceName(cells);
    const isOwn = this.parts(cells).some(({ place, isTime }) => textOf(cells[place], isTime) === named);
    return named !== '' && isOwn ? named : undefined;
  }

  /** The earliest and the latest of the row's times in milliseconds, none later than `now`; `now` where there is none. */
  span(cells: readonly Cell[], now: number): { first: number; last: number } {
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (const place of this.times) {
      const cell = cells[place];
      if (typeof cell !== 'number') continue;
      const moment = Math.min(cell, now);
      if (moment < first) first = moment;
      if (moment > last) last = moment;
    }
    return first <= last ? { first, last } : { first: now, last: now };
  }

  /** What the row names besides its device. */
  entities(cells: readonly Cell[]): Entity[] {
    const named = this.entityColumns.map(({ column, place }) => [column, cells[place]]);
    return entitiesOf(Object.fromEntries(named), this.entityColumns);
  }

  /** How often, where the row says that. */
  countOf(cells: readonly Cell[]): number | undefined {
    const count = cells[this.count];
    return typeof count === 'number' && count >= 0 && Number.isFinite(count) ? count : undefined;
  }

  private deviceName(cells: readonly Cell[]): string {
    for (const place of this.deviceNames) {
      const name = textOf(cells[place]);
      if (name !== '') return name;
    }
    return '';
  }

  /** The columns of a row's identity: a label stands in where the column that it labels is empty. */
  private parts(cells: readonly Cell[]): readonly Part[] {
    let missing: string[] | undefined;
    for (const { name, place } of this.stepIns)
      if (textOf(cells[place]) === '') missing = [...(missing ?? []), name];
    if (!missing) return this.plain;
    const which = JSON.stringify(missing);
    const parts = this.labelled.get(which) ?? this.partsOf([...this.own, ...missing]);
    this.labelled.set(which, parts);
    return parts;
  }

  private partsOf(names: readonly string[]): Part[] {
    const distinct = [...new Set(names)];
    const sorted = distinct.toSorted((one, other) => (one < other ? -1 : 1));
    return distinct.map((name) => {
      const place = this.places.get(name) ?? -1;
      return {
        name,
        place,
        isTime: this.columns[place]?.type === 'datetime',
        quoted: `${JSON.stringify(name)},`,
        rank: sorted.indexOf(name),
      };
    });
  }
}

/** A cell as it stands in identities. */
function textOf(cell: Cell | undefined, isTime = false): string {
  if (typeof cell === 'string') return cell;
  if (cell === null || cell === undefined) return '';
  return isTime ? new Date(Number(cell)).toISOString() : String(cell);
}
