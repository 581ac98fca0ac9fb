import { languageService, type RawSymbol, toArray } from './kusto-language.ts';
import type { ScalarType } from './values/scalar-types.ts';

/** Defender's functions that add what the service knows to rows, for `invoke`. */

type Columns = readonly { readonly name: string; readonly type: ScalarType }[];

/** What `FileProfile` adds: learn.microsoft.com/defender-xdr/advanced-hunting-fileprofile-function. */
export const FILE_PROFILE_COLUMNS: Columns = [
  { name: 'SHA1', type: 'string' },
  { name: 'SHA256', type: 'string' },
  { name: 'MD5', type: 'string' },
  { name: 'FileSize', type: 'int' },
  { name: 'GlobalPrevalence', type: 'int' },
  { name: 'GlobalFirstSeen', type: 'datetime' },
  { name: 'GlobalLastSeen', type: 'datetime' },
  { name: 'Signer', type: 'string' },
  { name: 'Issuer', type: 'string' },
  { name: 'SignerHash', type: 'string' },
  { name: 'IsCertificateValid', type: 'bool' },
  { name: 'IsRootSignerMicrosoft', type: 'bool' },
  { name: 'SignatureState', type: 'string' },
  { name: 'IsExecutable', type: 'bool' },
  { name: 'ThreatName', type: 'string' },
  { name: 'Publisher', type: 'string' },
  { name: 'SoftwareName', type: 'string' },
  { name: 'ProfileAvailability', type: 'string' },
];

/** The columns of which `FileProfile` takes one, and how many digits their hashes have. */
export const FILE_ID_COLUMNS: ReadonlyMap<string, number> = new Map([
  ['SHA1', 40],
  ['SHA256', 64],
  ['InitiatingProcessSHA1', 40],
  ['InitiatingProcessSHA256', 64],
]);

/** What `DeviceFromIP` yields: learn.microsoft.com/defender-xdr/advanced-hunting-devicefromip-function. */
const DEVICE_FROM_IP_COLUMNS: Columns = [
  { name: 'IP', type: 'string' },
  { name: 'DeviceId', type: 'string' },
];

/** The columns of the local files in the place of the functions. */
export const ENRICHMENTS: Readonly<Record<'FileProfile' | 'DeviceFromIP', Columns>> = {
  FileProfile: FILE_PROFILE_COLUMNS,
  DeviceFromIP: [...DEVICE_FROM_IP_COLUMNS, { name: 'Timestamp', type: 'datetime' }],
};

export type Enrichment = keyof typeof ENRICHMENTS;

export function isEnrichment(name: string): name is Enrichment {
  return Object.hasOwn(ENRICHMENTS, name);
}

/** The functions for the binder, where the query names one. */
export function enrichmentSymbols(query: string): readonly RawSymbol[] {
  const { Symbols } = languageService().raw;
  const type = (name: string): object => Symbols.ScalarTypes.GetSymbol(name);
  const table = (columns: readonly object[]): RawSymbol => new Symbols.TableSymbol.$ctor4('', columns);
  const columnsOf = (columns: Columns): readonly RawSymbol[] =>
    columns.map((column) => new Symbols.ColumnSymbol(column.name, type(column.type)));
  const any = new Symbols.Parameter.$ctor2('T', table([]).WithIsOpen?.(true) ?? table([]));
  const optional = (name: string, of: string): object =>
    new Symbols.Parameter.$ctor3(name, type(of), Symbols.ArgumentKind.Expression, null, null, false, null, 0);
  const made: RawSymbol[] = [];
  if (query.includes('FileProfile')) {
    const answer = ({
      ArgumentTypes,
    }: {
      readonly ArgumentTypes: Parameters<typeof toArray<RawSymbol>>[0];
    }) => {
      const given = toArray(toArray(ArgumentTypes)[0]?.Columns);
      const names = new Set(given.map(({ Name }) => Name));
      return table([...given, ...columnsOf(FILE_PROFILE_COLUMNS.filter(({ name }) => !names.has(name)))]);
    };
    const parameters = [any, optional('x', 'string'), optional('y', 'long')];
    made.push(
      new Symbols.FunctionSymbol.$ctor1('FileProfile', answer, Symbols.Tabularity.Tabular, parameters),
      // The service takes the column by its bare name too, which nothing else in an `invoke` can.
      ...[...FILE_ID_COLUMNS.keys()].map(
        (name) =>
          new Symbols.FunctionSymbol.$ctor1(name, () => type('string'), Symbols.Tabularity.Scalar, []),
      ),
    );
  }
  if (query.includes('DeviceFromIP')) {
    const columns = columnsOf(DEVICE_FROM_IP_COLUMNS);
    made.push(
      new Symbols.FunctionSymbol.$ctor1('DeviceFromIP', () => table(columns), Symbols.Tabularity.Tabular, [
        any,
        optional('y', 'datetime'),
      ]),
    );
  }
  return made;
}
