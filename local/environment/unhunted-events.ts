import { schemaOf } from 'kql-workspace/documented-columns.ts';
import { parse } from 'kql-workspace/parse.ts';
import type { Workspace } from 'kql-workspace/start-workspace.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import type { RunReport } from '../../functions/domain/hunting/report.ts';
import { huntedTables } from '../../functions/domain/kql/hunted-tables.ts';

/** What a table of the files holds, as the windows of hunts see it. Times are ISO 8601, empty where there is none. */
interface Outside {
  rows: number;
  before: number;
  newestBefore: string;
  after: number;
  newestAfter: string;
  timeless: number;
}

/** Rows of the files that a run did not look at for the sake of their time: in a sentence each, with how to hunt them. */
export async function rowsOutside(workspace: Workspace, report: RunReport, hunt: Hunt): Promise<string[]> {
  const { window } = report;
  if (!window) return [];
  const lines: string[] = [];
  for (const table of loadedTables(workspace, hunt)) {
    const { rows, before, newestBefore, after, newestAfter, timeless } = await count(
      workspace,
      table,
      window,
    );
    const lie = (some: number) =>
      `${number(some)} of ${number(rows)} rows of ${table} ${some === 1 ? 'lies' : 'lie'}`;
    if (before > 0)
      lines.push(`${lie(before)} before the window; to hunt there: --now ${justAfter(newestBefore)}`);
    if (after > 0)
      lines.push(`${lie(after)} after the window; to hunt there: --now ${justAfter(newestAfter)}`);
    if (timeless > 0)
      lines.push(
        `${number(timeless)} of ${number(rows)} rows of ${table} ${timeless === 1 ? 'has' : 'have'} no time, and no hunt sees them`,
      );
  }
  return lines;
}

/** Tables that files brought and none of the hunts reads. */
export function tablesUnread(workspace: Workspace, hunts: readonly Hunt[]): string[] {
  const read = new Set(hunts.flatMap((hunt) => huntedTables(hunt)));
  const rows = new Map<string, number>();
  for (const file of workspace.loaded) rows.set(file.table, (rows.get(file.table) ?? 0) + file.rows);
  return [...rows]
    .filter(([table]) => !read.has(table))
    .map(([table, count]) => `${number(count)} rows of ${table}: no hunt that ran reads this table`);
}

/** What of the files that the hunt reads was lost or may be wrong; the files' warnings say what. */
export function filesInDoubt(workspace: Workspace, hunt: Hunt): string[] {
  const tables = huntedTables(hunt);
  const odd = workspace.loaded.filter(({ table, whole }) => !whole && tables.includes(table));
  const notRead = workspace.notRead.filter(({ matters }) => matters);
  return [
    ...(odd.length > 0
      ? [
          `Not everything in ${files(odd.length)} could be read as it was meant: see the warnings about the files.`,
        ]
      : []),
    ...columnsMissing(workspace, hunt),
    ...(notRead.length > 0
      ? [`${files(notRead.length)} in the folder ${notRead.length === 1 ? 'was' : 'were'} not read.`]
      : []),
  ];
}

/** Columns that the hunt reads and none of its files has: what it asks of them is asked of nothing. */
function columnsMissing(workspace: Workspace, hunt: Hunt): string[] {
  const read = new Set(
    [...parse(hunt.query, schemaOf('defender-xdr')).root.walk()]
      .filter(({ kind, symbol }) => kind === 'NameReference' && symbol?.kind === 'Column')
      .map(({ text }) => text),
  );
  return loadedTables(workspace, hunt).flatMap((table) => {
    const here = new Set(
      workspace.loaded.filter((file) => file.table === table).flatMap(({ columns }) => columns),
    );
    const missing = (schemaOf('defender-xdr').get(table) ?? [])
      .map(({ name }) => name)
      .filter((name) => read.has(name) && !here.has(name) && name !== 'Timestamp');
    return missing.length === 0
      ? []
      : [`The hunt reads columns of ${table} that the files don't have: ${missing.join(', ')}.`];
  });
}

function loadedTables(workspace: Workspace, hunt: Hunt): string[] {
  const loaded = new Set(workspace.loaded.map(({ table }) => table));
  return huntedTables(hunt).filter((table) => loaded.has(table));
}

async function count(
  workspace: Workspace,
  table: string,
  { from, to }: { from: string; to: string },
): Promise<Outside> {
  const { rows } = await workspace.run(
    `${table} | summarize count(), countif(TimeGenerated < datetime(${from})), tostring(maxif(TimeGenerated, TimeGenerated < datetime(${from}))), ` +
      `countif(TimeGenerated > datetime(${to})), tostring(maxif(TimeGenerated, TimeGenerated > datetime(${to}))), countif(isnull(TimeGenerated))`,
  );
  const [all, before, newestBefore, after, newestAfter, timeless] = rows[0] ?? [];
  return {
    rows: Number(all),
    before: Number(before),
    newestBefore: String(newestBefore),
    after: Number(after),
    newestAfter: String(newestAfter),
    timeless: Number(timeless),
  };
}

/** The next full second: a window that ends there has the row in it. */
function justAfter(iso: string): string {
  return new Date((Math.floor(Date.parse(iso) / 1_000) + 1) * 1_000).toISOString().replace('.000Z', 'Z');
}

const number = (value: number) => value.toLocaleString('en');
const files = (count: number) => `${number(count)} file${count === 1 ? '' : 's'}`;
