import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ipRange } from '../values/ip-ranges.ts';
import { readRecords } from '../values/records.ts';
import { EventFileError } from './event-file-error.ts';

/** Where addresses are, out of a file; undefined for one that the file does not know. */
export type Geo = (address: string) => string | undefined;

/** The file's name, which is the function's. */
const NAME = 'geo_info_from_ip_address';
const COLUMNS = ['network', 'country', 'state', 'city', 'latitude', 'longitude'];
const BITS = 128;

/** Reads the folder's `geo_info_from_ip_address.csv`, if it is there: networks and where they are. Throws EventFileError. */
export function openGeoFile(folder: string): Geo | undefined {
  const file = join(folder, `${NAME}.csv`);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  const columns = COLUMNS.map((_name, ordinal) => ({ ordinal }));
  const [header, ...rows] = JSON.parse(
    readRecords(text, { format: 'csv', ignoreFirstRecord: false, columns }),
  ) as readonly (readonly (string | null)[])[];
  if (header?.join() !== COLUMNS.join())
    throw new EventFileError(file, `its first line must be ${COLUMNS.join(',')}`);
  const byPrefix = new Map<number, Map<bigint, string>>();
  for (const [network, country, state, city, latitude, longitude] of rows) {
    const range = ipRange(network ?? '', 6);
    if (!range) throw new EventFileError(file, `'${network}' is no network`);
    const networks = byPrefix.get(range.prefix) ?? new Map<bigint, string>();
    byPrefix.set(range.prefix, networks);
    const place = { country: country ?? '', state: state ?? '', city: city ?? '' };
    const at = latitude && longitude ? { latitude: Number(latitude), longitude: Number(longitude) } : {};
    if (Object.values(at).some(Number.isNaN)) throw new EventFileError(file, `${network} has no such place`);
    networks.set(range.address >> BigInt(BITS - range.prefix), JSON.stringify({ ...place, ...at }));
  }
  const prefixes = [...byPrefix.keys()].toSorted((a, b) => b - a);
  return (address) => {
    const range = ipRange(address, 6);
    if (range?.prefix !== BITS) return undefined;
    for (const prefix of prefixes) {
      const found = byPrefix.get(prefix)?.get(range.address >> BigInt(BITS - prefix));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
