import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { Additions } from './complete-hunt.ts';
import type { Rule } from './rule.ts';

/** Keys in the order of Sentinel's files; whatever else a rule has follows, and its query is the last. */
const order = [
  'id',
  'name',
  'description',
  'severity',
  'kind',
  'requiredDataConnectors',
  'queryFrequency',
  'queryPeriod',
  'triggerOperator',
  'triggerThreshold',
  'tactics',
  'relevantTechniques',
  'lookback',
  'identity',
];

/** A hunt's file for a rule: its own text where that is one, with what it lacks ahead of it, else a file with a header of ours. */
export function huntText(
  rule: Rule & { id: string },
  tables: readonly string[],
  additions: Additions,
): string {
  if (rule.text !== undefined) return `${ours(additions)}${rule.text}`;
  const keys: Record<string, unknown> = { ...rule.header, id: rule.id, name: rule.name, ...additions };
  if (keys.requiredDataConnectors === undefined && tables.length > 0)
    keys.requiredDataConnectors = [{ dataTypes: [...tables] }];
  const sorted = Object.entries(keys)
    .filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0))
    .toSorted(([a], [b]) => place(a) - place(b));
  // A block keeps the query as it is, apart from blanks at the ends of lines and the line break at its end.
  const query = rule.query.replace(/[ \t]+$/gm, '').replace(/\n*$/, '\n');
  return stringify({ ...Object.fromEntries(sorted), query }, { lineWidth: 0, blockQuote: 'literal' });
}

function place(key: string): number {
  const at = order.indexOf(key);
  return at < 0 ? order.length : at;
}

function ours({ lookback, identity }: Additions): string {
  return [
    ...(lookback === undefined ? [] : [`lookback: ${lookback}\n`]),
    ...(identity === undefined ? [] : [`identity: ${JSON.stringify(identity)}\n`]),
  ].join('');
}

/** The same id for the same name, always: an RFC 9562 UUID of version 8, made of it. */
export function stableId(name: string): string {
  const hex = createHash('sha256').update(`sentinel-threat-hunter/${name}`).digest('hex');
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
