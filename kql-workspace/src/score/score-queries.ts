import { documentedTables, schemaOf } from '../documented-columns.ts';
import { parseAndBind, tablesNamedIn } from '../language-service.ts';
import { type QueryEngine, QueryError, type QueryResult } from '../workspace.ts';
import type { PackQuery } from './pack-queries.ts';
import { type PlantedRows, plantRows } from './plant-rows.ts';

/** What came of a query. */
export interface Score {
  readonly file: string;
  readonly outcome: 'ran' | 'refused by the binder' | 'lacks a file' | 'refused by us' | 'failed' | 'wrong';
  /** Why it did not run, or what is wrong with its answer. */
  readonly why?: string;
  /** What it is refused for, without the query's own text: the same for all that are refused for the same. */
  readonly construct?: string;
  /** True when rows were made for it. */
  readonly planted: boolean;
}

/** How long a query may take, in ms. */
const LIMIT = 60_000;

/**
 * Tries every query: does Microsoft's binder accept it, does it run, and does it find a row made out of its own
 * conditions and not one that only almost matches? The engine must be empty. `assumed` are columns of strings that
 * Defender's tables are taken to have besides the documented ones.
 */
export async function scoreQueries(
  engine: QueryEngine,
  queries: readonly PackQuery[],
  now: Date,
  assumed: readonly string[] = [],
): Promise<readonly Score[]> {
  const planted = await plant(engine, queries, now);
  const scores: Score[] = [];
  for (const [index, query] of queries.entries()) {
    const outcome = await tryQuery(engine, query.query, assumed);
    const { file } = query;
    const isPlanted = planted.has(query);
    if (outcome instanceof QueryError) scores.push({ file, planted: isPlanted, ...refusal(outcome) });
    else {
      const why = isPlanted ? misunderstanding(outcome, index) : undefined;
      scores.push({ file, planted: isPlanted, outcome: why ? 'wrong' : 'ran', ...(why ? { why } : {}) });
    }
  }
  return scores;
}

/** Runs the query as it is; where it does not bind, once more with the columns that only Defender has. */
async function tryQuery(
  engine: QueryEngine,
  query: string,
  assumed: readonly string[],
): Promise<QueryResult | QueryError> {
  const plain = await run(engine, query);
  if (!(plain instanceof QueryError) || plain.kind !== 'semantic') return plain;
  const columns = defenderColumns(query, assumed);
  // One line, before the first of the query's own, so that columns are still counted from 1 on.
  return columns === '' ? plain : run(engine, `${columns}\n${query}`, 1);
}

async function run(engine: QueryEngine, query: string, linesBefore = 0): Promise<QueryResult | QueryError> {
  try {
    return await engine.run(query, { signal: AbortSignal.timeout(LIMIT) });
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const { diagnostic } = error;
    return new QueryError(error.kind, { ...diagnostic, line: diagnostic.line - linesBefore });
  }
}

/** `let` statements that give tables which both products have the columns that Defender's alone has. */
function defenderColumns(query: string, assumed: readonly string[]): string {
  const defender = schemaOf('defender-xdr');
  return tablesNamedIn(query, defender)
    .map((table) => {
      const has = new Set((documentedTables().get(table) ?? []).map(({ name }) => name));
      const strings = assumed.map((name) => ({ name, type: 'string' }));
      const lacking = [...(defender.get(table) ?? []), ...strings].filter(
        ({ name }, index, all) => !has.has(name) && all.findIndex((other) => other.name === name) === index,
      );
      const added = lacking.map(({ name, type }) =>
        name === 'Timestamp'
          ? 'Timestamp = TimeGenerated'
          : `${name} = ${type === 'string' ? '""' : `${type}(null)`}`,
      );
      return added.length === 0 ? '' : `let ${table} = table("${table}") | extend ${added.join(', ')};`;
    })
    .join(' ')
    .trim();
}

function refusal({ kind, diagnostic }: QueryError): Pick<Score, 'outcome' | 'why' | 'construct'> {
  const { code, message, line, column } = diagnostic;
  const why = `${line}:${column} ${kind === 'unsupported' || kind === 'execution' ? '' : `${code} `}${message}`;
  switch (kind) {
    case 'syntax':
    case 'semantic':
      return { outcome: 'refused by the binder', why, construct: `${code} ${withoutText(message)}` };
    case 'unsupported':
      // What stands for the world outside is for the user to bring.
      return {
        outcome: /\blocal file\b/.test(message) ? 'lacks a file' : 'refused by us',
        why,
        construct: constructOf(message),
      };
    case 'execution':
    case 'stopped':
      return {
        outcome: 'failed',
        why,
        construct: kind === 'stopped' ? 'took too long' : withoutText(message),
      };
  }
}

/** The syntax's own name where the message has it, else the message without what it cites. */
function constructOf(message: string): string {
  const [, syntax] = /\(([A-Z]\w+)\)$/.exec(message) ?? [];
  return syntax ?? withoutText(message.replace('the embedded workspace does not support ', ''));
}

/** Cited texts of more than a word say nothing of the kind. */
function withoutText(message: string): string {
  const [first = ''] = message.split('\n');
  return first.replace(/'[^']*[^\w'][^']*'/g, "'…'").slice(0, 120);
}

/** Plants rows for every query that is simple enough. */
async function plant(
  engine: QueryEngine,
  queries: readonly PackQuery[],
  now: Date,
): Promise<ReadonlyMap<PackQuery, PlantedRows>> {
  const planted = new Map<PackQuery, PlantedRows>();
  const rows = new Map<string, object[]>();
  const time = new Date(now.getTime() - 3_600_000).toISOString();
  for (const [index, query] of queries.entries()) {
    const made = rowsFor(query.query);
    if (!made) continue;
    planted.set(query, made);
    const add = (row: object): number =>
      rows.set(made.table, [...(rows.get(made.table) ?? []), { TimeGenerated: time, ...row }]).size;
    add({ ...made.hit, DeviceId: `hit-${index}`, DeviceName: `hit-${index}` });
    if (made.nearMiss) add({ ...made.nearMiss, DeviceId: `miss-${index}`, DeviceName: `miss-${index}` });
  }
  for (const [table, all] of rows) await engine.append(table, all);
  return planted;
}

/** Rows can be planted in tables of devices, where the columns that tell a query's rows apart are at hand. */
function rowsFor(query: string): PlantedRows | undefined {
  const made = plantRows(parseAndBind(query, schemaOf('defender-xdr')).root);
  const columns = made && schemaOf('log-analytics').get(made.table);
  return columns?.some(({ name }) => name === 'DeviceId') ? made : undefined;
}

/** What is wrong with the answer of a query that rows were planted for, if anything. */
function misunderstanding(result: QueryResult, index: number): string | undefined {
  const cells = new Set(result.rows.flat());
  const hasDevice = result.columns.some(({ name }) => name === 'DeviceId' || name === 'DeviceName');
  if (!hasDevice) return result.rows.length > 0 ? undefined : 'finds none of the rows made for it';
  if (!cells.has(`hit-${index}`)) return 'does not find the row made for it';
  return cells.has(`miss-${index}`) ? 'finds the row that only almost matches' : undefined;
}
