import { basename, dirname, relative } from 'node:path';
import { knownTable } from './known-tables.ts';

/** What services put in front of a table's name: streaming of Defender, storage containers, exports of Sentinel. */
const PREFIXES = /^(AdvancedHunting[-_. ]|insights-logs-(advancedhunting-)?|am-)+/i;
/** What browsers, portals and people put behind it: `(1)`, `-2026-06-05`, `_part2`, ` export`. */
const SUFFIXES = /([-_. (]+(\d[\d\-_.:TZ]*|copy|export|part[-_ ]?\d+|results?|data|query)\)?)+$/i;

/** The table that a name means, in the forms that browsers, portals and exports give it. */
export function tableInName(name: string): string | undefined {
  const bare = name.trim().replace(PREFIXES, '');
  const whole = knownTable(bare) ?? knownTable(bare.replace(SUFFIXES, ''));
  if (whole || /_CL$/.test(bare)) return whole ?? bare;
  const custom = bare.replace(SUFFIXES, '');
  if (/^\w+_CL$/.test(custom)) return custom;
  // Names of one English word (`Event`, `Usage`) mean something only where they stand alone.
  const inside = bare
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => /[a-z][A-Z]|[A-Z]{2}/.test(word) && knownTable(word));
  const [only, another] = new Set(inside.map((word) => knownTable(word)));
  return another === undefined ? only : undefined;
}

/** The table that a file's name means, or else the nearest folder's, up to the folder that was given. */
export function tableOfPath(root: string, path: string): string | undefined {
  const own = tableInName(stem(path));
  if (own !== undefined) return own;
  const top = dirname(root);
  for (
    let folder = dirname(path);
    relative(top, folder) !== '' && folder !== dirname(folder);
    folder = dirname(folder)
  ) {
    const named = tableInName(basename(folder));
    if (named !== undefined) return named;
  }
  return undefined;
}

/** A file's name without the endings that say its format. */
export function stem(path: string): string {
  return basename(path).replace(/(\.(csv|tsv|jsonl?|ndjson|parquet|zip|gz|txt))+$/i, '');
}
