import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { documentedType, schemaOf } from 'kql-workspace/documented-columns.ts';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { stringify } from 'yaml';
import { parseHunts } from '../../functions/adapters/files/hunt-files.ts';
import { parseYamlFile } from '../../functions/adapters/files/read-yaml-folder.ts';
import { kindOfColumn } from '../../functions/domain/hunting/entities.ts';
import { identifier, kql } from '../../functions/domain/kql/kql.ts';
import { withCompiled } from '../compiler/compile-hunt.ts';
import { type EventHints, eventFiles } from '../environment/event-files.ts';
import { runHuntCase } from './run-hunt-case.ts';

/** A hunt to be begun from events. */
export interface NewHunt {
  /** The folder with `hunts/`. */
  root: string;
  name: string;
  /** A file or folder of events, one of which the hunt is to find. */
  events: string;
  hints?: EventHints;
  /** What the hunt looks for, as KQL: `RemoteUrl has "evil"`. Without it, what the newest event did. */
  where?: string;
  /** A new id, for tests. */
  id?: string;
}

type Row = Record<string, unknown>;

const HOUR_MS = 3_600_000;
/** What a hunt is usually about, the more telling first. */
const telling =
  /^(RemoteUrl|OperationName|Operation|ProcessCommandLine|FileName|InitiatingProcessFileName|ActionType|EventID|Activity|AppDisplayName|DeviceAction|RequestURL)$/;
/** What every row of a workspace has, and says nothing of what happened. */
const dull = /^(TimeGenerated|Timestamp|TenantId|Type|SourceSystem|MachineGroup|_.*)$/;
const MOST_IDENTITY = 3;

/**
 * Writes a hunt that finds an event of the files, and its test with that event and one that it does not find; both are there to be changed.
 * @throws Error that fits for one line: nothing in the files, a condition that is no KQL, a hunt with that name
 */
export async function newHunt({
  root,
  name,
  events,
  hints = {},
  where,
  id = randomUUID(),
}: NewHunt): Promise<string[]> {
  const stem = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  const files = [`hunts/${stem}.yaml`, `hunts/${stem}.test.yaml`] as const;
  const taken = files.find((file) => existsSync(join(root, file)));
  if (stem === '' || taken)
    throw new Error(stem === '' ? 'the name needs a letter or a digit' : `${taken} is there already`);

  const { table, condition, hits, other } = await pickEvents(events, hints, where);
  const query = queryOn(table, condition, hits[0] ?? {});
  const text = stringify(
    {
      id,
      name,
      description: 'What it finds, and why that matters.',
      requiredDataConnectors: [{ dataTypes: [table] }],
      tactics: [],
      relevantTechniques: [],
      query: `${query}\n`,
    },
    { lineWidth: 0, blockQuote: 'literal' },
  );
  const { hunts, problems } = parseHunts([parseYamlFile(files[0], text)]);
  const [parsed] = hunts;
  if (!parsed) throw new Error(problems.map(({ message }) => message).join('; '));
  const hunt = withCompiled(parsed);
  const now = new Date();
  const run = async (rows: readonly Row[]) => {
    const [outcome] = await runHuntCase(
      hunt,
      { events: { [table]: rows.map((row) => ({ ago: HOUR_MS, row })) } },
      [[]],
      now,
    );
    return (outcome?.visible ?? []).map(({ identity, count }) => ({ ...identity, Count: count }));
  };
  const cases = [
    {
      name: 'what it is about is sighted',
      truePositive: true,
      events: { [table]: hits },
      sightings: await run(hits),
    },
    ...(other
      ? [{ name: 'what else happens is not', events: { [table]: [other] }, sightings: await run([other]) }]
      : []),
  ];
  const note = `# Events of ${events.replace(/^.*[/\\]/, '').replace(/[^\w. -]/g, '_')}, an hour before the run each: take out of them what nobody may read, and what does not matter.\n`;
  await writeFile(join(root, files[0]), text, { flag: 'wx' });
  await writeFile(join(root, files[1]), note + stringify({ cases }, { lineWidth: 0 }), { flag: 'wx' });
  return [...files];
}

async function pickEvents(events: string, hints: EventHints, where: string | undefined) {
  const workspace = await startWorkspace({ now: () => new Date(), ...eventFiles(events, hints) });
  try {
    const tables = [...new Set(workspace.loaded.map(({ table }) => table))];
    const table = hints.table ?? tables[0];
    if (table === undefined || !tables.includes(table))
      throw new Error(`no events of a table${hints.table ? ` ${hints.table}` : ''} were found in ${events}`);
    const newest = (filter: string, most: number) =>
      rowsOf(workspace, table, `${table}\n${filter}| sort by TimeGenerated desc\n| take ${most}`);
    const condition = where ?? conditionOn((await newest('', 1))[0] ?? {});
    const hits = await newest(`| where ${condition}\n`, 3);
    if (hits.length === 0) throw new Error(`no event of ${table} meets: ${condition}`);
    const [other] = await newest(`| where not(${condition})\n`, 1);
    return { table, condition, hits, other };
  } finally {
    await workspace.close();
  }
}

/** Rows as a test writes them: documented columns that say something, dynamic ones as what they hold. */
async function rowsOf(workspace: Workspace, table: string, query: string): Promise<Row[]> {
  const { columns, rows } = await workspace.run(query);
  return rows.map((row) =>
    Object.fromEntries(
      columns.flatMap(({ name }, index) => {
        const value = plainValue(row[index], documentedType(table, name));
        return value === undefined || dull.test(name) ? [] : [[name, value]];
      }),
    ),
  );
}

function plainValue(value: unknown, type: string | undefined): unknown {
  if (value === null || value === undefined || value === '' || type === undefined) return undefined;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  if (type !== 'dynamic' || typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function conditionOn(row: Row): string {
  const names = Object.keys(row);
  const name =
    names.find((column) => telling.test(column)) ?? names.find((column) => typeof row[column] === 'string');
  const value = name === undefined ? undefined : row[name];
  if (name === undefined || value === undefined)
    throw new Error('the newest event says nothing; say what to look for with --where');
  return typeof value === 'string' ? kql`${identifier(name)} =~ ${value}`.text : `${name} == ${value}`;
}

function queryOn(table: string, condition: string, row: Row): string {
  const names = Object.keys(row);
  const about = names.filter(
    (name) => /^(DeviceId|Computer)$/.test(name) || !['hash', undefined].includes(kindOfColumn(name)),
  );
  const said = names.filter((name) => condition.includes(name) && typeof row[name] === 'string');
  const identity = [...new Set([...about.slice(0, MOST_IDENTITY - 1), ...said])].slice(0, MOST_IDENTITY);
  const by = [
    ...(names.includes('DeviceName') && identity.includes('DeviceId') ? ['DeviceName'] : []),
    ...identity,
  ];
  const text =
    by.length > 0 ? by : names.filter((name) => typeof row[name] === 'string').slice(0, MOST_IDENTITY);
  // A hunt's prelude makes Timestamp everywhere, and Defender has no other.
  const time = schemaOf('defender-xdr').has(table) ? 'Timestamp' : 'TimeGenerated';
  return `${table}
| where ${time} > ago(1d)
| where ${condition}
| summarize FirstSeen = min(${time}), LastSeen = max(${time}), Count = count() by ${text.join(', ')}`;
}
