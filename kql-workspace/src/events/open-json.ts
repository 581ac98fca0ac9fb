import { statSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { jsonPointer, sqlString } from '../values/sql-text.ts';
import { EventFileError } from './event-file-error.ts';
import { freshName, type Opened, type RawTable } from './raw-table.ts';
import { tableInName } from './table-of-name.ts';
import type { PlainFile } from './unpack.ts';

/**
 * JSON as it is exported, answered and streamed: an array of rows, rows one after the other, several arrays, the
 * answers of the query APIs, and the records of Event Hubs and storage accounts.
 */
export async function openJson(connection: DuckDBConnection, file: PlainFile): Promise<Opened> {
  const documents = await readDocuments(connection, file);
  return openDocuments(connection, documents, file.label);
}

/** Rows given as objects, as if they came in a JSON file. */
export async function openObjects(
  connection: DuckDBConnection,
  rows: readonly object[],
  label: string,
): Promise<RawTable> {
  const json = JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  const lines = freshName('lines');
  const objects = `SELECT unnest(from_json($1::JSON, '["JSON"]')) AS json`;
  await connection.run(`CREATE TABLE ${lines} AS ${objects}`, [json]);
  return membersOf(connection, lines, label);
}

/** The JSON values of a file, each a row; the elements of an array are values of their own where it is one alone. */
async function readDocuments(connection: DuckDBConnection, { path, start }: PlainFile): Promise<string> {
  const documents = freshName('lines');
  // One object may be as long as its file: a query's whole answer is one.
  const longest = Math.min(Math.max(statSync(path).size + 1_024, 16_777_216), 4_000_000_000);
  const take = (format: string): Promise<unknown> =>
    connection.run(
      `CREATE TABLE ${documents} AS SELECT json FROM read_json_objects(${sqlString(path)}, format = ${sqlString(format)}, maximum_object_size = ${longest})`,
    );
  try {
    await take(/^\uFEFF?\s*\[/.test(start) ? 'array' : 'newline_delimited');
  } catch (error) {
    await take('unstructured').catch(() => {
      throw error;
    });
  }
  return documents;
}

const isArray = (member: string): string => `json_type(json, '$.${member}') = 'ARRAY'`;
const isObject = (member: string): string => `json_type(json, '$.${member}') = 'OBJECT'`;

/** Wrappers around rows; each gives a list of them. */
const WRAPPERS: readonly (readonly [isOne: string, rows: string])[] = [
  ["json_type(json) = 'ARRAY'", `from_json(json, '["JSON"]')`],
  // The answer of the Log Analytics query API: rows are arrays of cells.
  [isArray('tables'), tableRows()],
  // The answers of advanced hunting: Microsoft Graph's and Defender's own API.
  [`${isArray('schema')} AND ${isArray('results')}`, `from_json(json -> '$.results', '["JSON"]')`],
  [`${isArray('Schema')} AND ${isArray('Results')}`, `from_json(json -> '$.Results', '["JSON"]')`],
  // What Event Hubs hand over.
  [isArray('records'), `from_json(json -> '$.records', '["JSON"]')`],
  // OData.
  [
    `${isArray('value')} AND json_type(json, '$.TimeGenerated') IS NULL`,
    `from_json(json -> '$.value', '["JSON"]')`,
  ],
];

function tableRows(): string {
  const names = `list_transform(from_json(t -> '$.columns', '["JSON"]'), lambda c: coalesce(c ->> '$.name', ''))`;
  const object = `to_json(map_from_entries(list_zip(${names}, from_json(r, '["JSON"]'))))`;
  const rows = `list_transform(from_json(t -> '$.rows', '["JSON"]'), lambda r: ${object})`;
  return `flatten(list_transform(from_json(json -> '$.tables', '["JSON"]'), lambda t: ${rows}))`;
}

/** Answers that say themselves that they are not whole. */
const PARTIAL: readonly (readonly [isOne: string, what: string])[] = [
  [
    `(${isArray('tables')} OR ${isArray('value')}) AND ${isObject('error')}`,
    'is a partial answer: the service reports an error in it',
  ],
  [
    `${isArray('value')} AND (json_exists(json, '$."@odata.nextLink"') OR json_exists(json, '$.nextLink'))`,
    'is one page of an answer: what follows its nextLink is missing',
  ],
];

async function openDocuments(
  connection: DuckDBConnection,
  documents: string,
  label: string,
): Promise<Opened> {
  const unread: string[] = [];
  for (const [isOne, what] of PARTIAL) {
    if ((await countOf(connection, documents, isOne)) > 0n) unread.push(what);
  }
  const cases = WRAPPERS.map(([isOne, rows]) => `WHEN ${isOne} THEN ${rows}`).join(' ');
  const rows = freshName('lines');
  await connection.run(
    `CREATE TABLE ${rows} AS SELECT unnest(CASE ${cases} ELSE [json] END) AS json FROM ${documents}`,
  );
  await connection.run(`DROP TABLE ${documents}`);
  return splitRows(connection, rows, label, unread);
}

/** Records name their category, exported rows their type: each goes to its own table. */
async function splitRows(
  connection: DuckDBConnection,
  rows: string,
  label: string,
  unread: readonly string[],
): Promise<Opened> {
  const isRecord = `coalesce(${isObject('properties')} AND json_type(json, '$.category') = 'VARCHAR', FALSE)`;
  const says = `CASE WHEN ${isRecord} THEN json ->> '$.category' WHEN json_type(json, '$.Type') = 'VARCHAR' THEN json ->> '$.Type' END`;
  const found = await connection.runAndReadAll(
    `SELECT ${isRecord}, ${says}, count(*) FROM ${rows} GROUP BY ALL ORDER BY ALL`,
  );
  const groups = new Map<string, { readonly name: string | undefined; readonly conditions: string[] }>();
  const strange: string[] = [];
  for (const [record, said, count] of found.getRows()) {
    const name = typeof said === 'string' ? tableInName(said) : undefined;
    if (record === true && name === undefined) {
      strange.push(
        `${count} records of the category ${JSON.stringify(said)}, which no table is known for, are not read`,
      );
      continue;
    }
    const group = groups.get(name ?? '') ?? { name, conditions: [] };
    const same = typeof said === 'string' ? `= ${sqlString(said)}` : 'IS NULL';
    group.conditions.push(`(${isRecord} = ${record === true} AND ${says} ${same})`);
    groups.set(name ?? '', group);
  }
  const tables: RawTable[] = [];
  for (const { name, conditions } of groups.values()) {
    const lines = freshName('lines');
    await connection.run(
      `CREATE TABLE ${lines} AS SELECT CASE WHEN ${isRecord} THEN json -> '$.properties' ELSE json END AS json FROM ${rows} WHERE ${conditions.join(' OR ')}`,
    );
    tables.push({ ...(await membersOf(connection, lines, label)), ...(name && { says: name }) });
  }
  await connection.run(`DROP TABLE ${rows}`);
  return { tables, unread: [...unread, ...strange] };
}

async function countOf(connection: DuckDBConnection, from: string, condition: string): Promise<bigint> {
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${from} WHERE ${condition}`);
  return BigInt(String(counted.getRows()[0]?.[0] ?? 0));
}

/** Takes JSON objects apart into a table with a column of JSON for each key, reading each object once. */
async function membersOf(connection: DuckDBConnection, lines: string, label: string): Promise<RawTable> {
  const odd = await connection.runAndReadAll(
    `SELECT count(*), min(json_type(json)) FROM ${lines} WHERE json_type(json) <> 'OBJECT'`,
  );
  const [count, type] = odd.getRows()[0] ?? [];
  if (count !== 0n) throw new EventFileError(label, `${count} of its rows are no JSON objects (${type})`);
  const found = await connection.runAndReadAll(
    `SELECT key FROM (SELECT unnest(json_keys(json)) AS key FROM ${lines}) GROUP BY key ORDER BY key`,
  );
  const keys = found.getRows().map(([key]) => String(key));
  // The fields of a SQL struct differ by more than case and have a name; other keys are read one by one.
  const fields = new Set(
    keys.filter((key, index) => {
      const first = keys.findIndex((other) => other.toLowerCase() === key.toLowerCase());
      return first === index && key !== '' && !key.includes('\0');
    }),
  );
  const structure = JSON.stringify(Object.fromEntries([...fields].map((key) => [key, 'JSON'])));
  const items = keys.map((key, index) => {
    const value = fields.has(key)
      ? `struct_extract(members, ${sqlString(key)})`
      : `json_extract(json, ${sqlString(jsonPointer(key))})`;
    return `${value} AS j${index}`;
  });
  const from = freshName('raw');
  const parsed = fields.size > 0 ? `from_json(json, ${sqlString(structure)})` : 'NULL';
  await connection.run(
    `CREATE TABLE ${from} AS SELECT ${items.length === 0 ? 'TRUE AS none' : items.join(', ')} FROM (SELECT json, ${parsed} AS members FROM ${lines})`,
  );
  await connection.run(`DROP TABLE ${lines}`);
  const columns = keys.map((name, index) => ({ name, sql: `j${index}`, type: 'json value' }));
  return { from, columns };
}
