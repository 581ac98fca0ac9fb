import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { ENRICHMENTS, type Enrichment } from '../enrichment.ts';
import { standInTable } from '../language-service.ts';
import { convert } from '../values/convert.ts';
import { EventFileError } from './event-file-error.ts';
import { openCsv } from './open-csv.ts';
import { textColumn } from './source-columns.ts';
import type { SourceColumn, TableCatalog } from './tables.ts';
import { unpack } from './unpack.ts';

/** Takes in the folder's `FileProfile.csv` and `DeviceFromIP.csv`, where they are there. Throws EventFileError. */
export async function loadStandInTables(
  connection: DuckDBConnection,
  catalog: TableCatalog,
  folder: string,
  scratch: string,
): Promise<void> {
  for (const name of Object.keys(ENRICHMENTS) as Enrichment[]) {
    const file = join(folder, `${name}.csv`);
    if (!existsSync(file)) continue;
    const [plain] = await unpack(file, scratch);
    const { tables } = plain ? await openCsv(connection, plain, () => {}) : { tables: [] };
    const [raw] = tables;
    if (!raw) throw new EventFileError(file, 'it has no rows');
    const unknown = raw.columns.find(
      (column) => !ENRICHMENTS[name].some((known) => known.name === column.name),
    );
    if (unknown) throw new EventFileError(file, `${name} has no column '${unknown.name}'`);
    const columns = ENRICHMENTS[name].map(({ name: column, type }): [string, SourceColumn] => {
      const given = raw.columns.find((candidate) => candidate.name === column);
      const sql = given ? `coalesce(${textColumn(given)}, '')` : "''";
      return [column, { value: convert({ sql, type: 'string', nullable: false }, type) }];
    });
    catalog.addPart(standInTable(name), { from: raw.from, columns: new Map(columns) });
  }
}
