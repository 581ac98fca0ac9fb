import { isObject, type Json, readJson, textOf, writeJson } from './json-values.ts';

/** The formats that records are read from, as `externaldata` calls them. */
export const RECORD_FORMATS = [
  'csv',
  'json',
  'multijson',
  'psv',
  'raw',
  'scsv',
  'sohsv',
  'tsv',
  'txt',
] as const;
export type RecordFormat = (typeof RECORD_FORMATS)[number];

/** Where a column's value stands in a record: a field by number, a member by its path, or nowhere: a constant, or null. */
export type FieldSource =
  | { readonly ordinal: number }
  | { readonly path: readonly (string | number)[] }
  | { readonly constant: string | null };

/** How records are read. */
export interface RecordSpec {
  readonly format: RecordFormat;
  readonly ignoreFirstRecord: boolean;
  readonly columns: readonly FieldSource[];
}

/** True where records are JSON, whose values have types; else they are text. */
export function isJsonFormat(format: RecordFormat): boolean {
  return format === 'json' || format === 'multijson';
}

/** The values of the columns, a JSON array of arrays. Throws an Error where the text is not of the format. */
export function readRecords(text: string, { format, ignoreFirstRecord, columns }: RecordSpec): string {
  const all: readonly Json[] = isJsonFormat(format) ? jsonRecords(text, format) : fieldsOf(text, format);
  const records = ignoreFirstRecord ? all.slice(1) : all;
  return writeJson(records.map((record) => columns.map((source) => valueAt(record, source))));
}

function valueAt(record: Json, source: FieldSource): Json {
  if ('constant' in source) return source.constant;
  const path = 'ordinal' in source ? [source.ordinal] : source.path;
  let value: Json | undefined = record;
  for (const step of path) {
    if (typeof step === 'number')
      value = Array.isArray(value) ? (value as readonly Json[]).at(step) : undefined;
    else value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value ?? null;
}

const DELIMITERS: Partial<Record<RecordFormat, string>> = {
  csv: ',',
  psv: '|',
  scsv: ';',
  sohsv: '\u0001',
  tsv: '\t',
};

function fieldsOf(text: string, format: RecordFormat): readonly (readonly string[])[] {
  if (format === 'raw') return [[text]];
  const delimiter = DELIMITERS[format];
  if (delimiter !== undefined) return delimitedRecords(text, delimiter);
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => [line]);
}

/** Fields between delimiters; one in quotes may hold delimiters, line ends and doubled quotes. Empty lines are none. */
function delimitedRecords(text: string, delimiter: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      let from = at + 1;
      for (;;) {
        const quote = text.indexOf('"', from);
        if (quote < 0) throw new Error('a quote that is opened is never closed');
        field += text.slice(from, quote);
        from = quote + 1;
        if (text[from] !== '"') break;
        field += '"';
        from++;
      }
      at = from;
    }
    const end = endOfField(text, at, delimiter);
    field += text.slice(at, end);
    at = end;
    if (text.startsWith(delimiter, at)) {
      record.push(field);
      at += delimiter.length;
      if (at < text.length) continue;
      field = '';
    }
    record.push(field.endsWith('\r') ? field.slice(0, -1) : field);
    if (record.length > 1 || record[0] !== '') records.push(record);
    record = [];
    at++;
  }
  return records;
}

function endOfField(text: string, from: number, delimiter: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\n' || text[at] === delimiter) return at;
  }
  return text.length;
}

/** Bags, one a line (`json`), or any number of them one after the other, or in an array (`multijson`). */
function jsonRecords(text: string, format: RecordFormat): readonly Json[] {
  const whole = format === 'multijson' ? readJson(text) : undefined;
  const found = Array.isArray(whole) ? (whole as readonly Json[]) : undefined;
  const pieces = format === 'json' ? text.split('\n') : bagsOneByOne(text);
  const records = found ?? pieces.filter((piece) => piece.trim() !== '').map((piece) => readJson(piece));
  return records.map((record, index) => {
    if (!isObject(record)) throw new Error(`record ${index + 1} is no JSON object, as ${format} wants`);
    return record;
  });
}

function bagsOneByOne(text: string): readonly string[] {
  const bags: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gs)) {
    if (token === '{') depth++;
    else if (token === '}' && --depth === 0) {
      bags.push(text.slice(from, index + 1));
      from = index + 1;
    }
  }
  return [...bags, text.slice(from)];
}

/** Reads the mapping of columns to fields that `externaldata` takes; throws an Error for what it doesn't know. */
export function readMapping(json: string, format: RecordFormat): ReadonlyMap<string, FieldSource> {
  const entries = readJson(json);
  if (!Array.isArray(entries)) throw new Error('the mapping is no JSON array');
  return new Map(
    (entries as readonly Json[]).map((entry): [string, FieldSource] => {
      const { column, properties, ...others } = lowerCased(entry);
      const flat = { ...lowerCased(properties ?? {}), ...others };
      const { path, ordinal, constvalue, datatype: _datatype, constantvalue, ...unknown } = flat;
      const [known] = Object.keys(unknown);
      if (typeof column !== 'string' || known !== undefined)
        throw new Error(`the mapping '${writeJson(entry)}'`);
      const constant = constvalue ?? constantvalue;
      if (constant !== undefined) return [column, { constant: textOf(constant) }];
      if (!isJsonFormat(format) && ordinal !== undefined)
        return [column, { ordinal: Number(textOf(ordinal)) }];
      if (isJsonFormat(format) && typeof path === 'string') return [column, { path: stepsOf(path) }];
      throw new Error(`the mapping '${writeJson(entry)}' for the format ${format}`);
    }),
  );
}

function lowerCased(value: Json): Record<string, Json> {
  if (!isObject(value)) throw new Error(`the mapping '${writeJson(value)}'`);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toLowerCase(), member]));
}

/** `$.a['b c'][0]` as its steps. */
function stepsOf(path: string): readonly (string | number)[] {
  if (!/^\$(\.[\w-]+|\[\d+\]|\['[^']*'\]|\["[^"]*"\])*$/.test(path)) throw new Error(`the path '${path}'`);
  return [...path.matchAll(/\.([\w-]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/g)].map(
    ([, plain, index, single, double]) =>
      index === undefined ? (plain ?? single ?? double ?? '') : Number(index),
  );
}
