import { knownTables, plainName } from './known-tables.ts';

/** Columns that so many tables have that they tell nothing. */
const EVERYWHERE = new Set(
  [
    'TenantId',
    'TimeGenerated',
    'Timestamp',
    'Type',
    'SourceSystem',
    '_ResourceId',
    '_ItemId',
    'MG',
    'Computer',
  ].map(plainName),
);

/**
 * The documented tables whose columns fit a file best; none when no table has most of them. Among tables that fit
 * alike, those that are preferred come alone.
 */
export function tablesOfColumns(columns: readonly string[], preferred: readonly string[]): readonly string[] {
  const wanted = columns.map(plainName).filter((name) => !EVERYWHERE.has(name));
  // Defender's tables of custom collection have the columns of the usual ones, and are seldom switched on.
  const candidates = [...knownTables()].filter(([table]) => !table.startsWith('DeviceCustom'));
  const fits = candidates.map(([table, known]) => ({
    table,
    count: wanted.filter((name) => known.has(name)).length,
  }));
  const best = Math.max(0, ...fits.map(({ count }) => count));
  if (best === 0 || best * 2 < wanted.length) return [];
  const alike = fits.filter(({ count }) => count === best).map(({ table }) => table);
  const liked = alike.filter((table) => preferred.includes(table));
  return liked.length > 0 ? liked : alike;
}
