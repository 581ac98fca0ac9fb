import type { KqlNode } from '../language-service.ts';
import { literal } from './literals.ts';
import { excerpt, nameOf, need } from './nodes.ts';
import { UnsupportedKql } from './relation.ts';

/** What a query's `set` statements ask for. */
export interface QuerySettings {
  /** What `now()` and `ago()` mean, in ticks. */
  readonly now?: bigint;
  /** How many rows the answer may have before it counts as cut short. */
  readonly rowLimit?: number;
  /** How many rows the answer has at most; more are left out without a word. */
  readonly takeAtMost?: number;
}

/** Settings that say how the service should work, not what it should answer. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'max_memory_consumption_per_iterator',
  'max_memory_consumption_per_query_per_node',
  'maxmemoryconsumptionperiterator',
  'query_fanout_nodes_percent',
  'query_fanout_threads_percent',
  'query_force_row_level_security',
  'query_results_cache_max_age',
  'query_results_cache_per_shard',
  'query_weakconsistency_session_id',
  'queryconsistency',
  'request_app_name',
  'request_description',
  'request_user',
  'truncationmaxsize',
]);

/** Reads the `set` statements; of two that say the same the later holds. Refuses, by name, those that it can't honour. */
export function settingsOf(root: KqlNode): QuerySettings {
  let settings: QuerySettings = {};
  for (const statement of root.items('Statements')) {
    if (statement.kind === 'SetOptionStatement') settings = { ...settings, ...settingOf(statement) };
  }
  return settings;
}

function settingOf(statement: KqlNode): QuerySettings {
  const name = nameOf(need(statement, 'Name'));
  const written = statement.child('ValueClause')?.child('Expression');
  const value = written && literal(written);
  switch (name) {
    case 'query_now':
      if (value?.type !== 'datetime' || typeof value.constant !== 'bigint') break;
      return { now: value.constant };
    case 'notruncation':
      if (written && value?.constant !== true) break;
      return { rowLimit: Number.POSITIVE_INFINITY };
    case 'truncationmaxrecords':
      if (typeof value?.constant !== 'bigint' || value.constant < 0n) break;
      return { rowLimit: Number(value.constant) };
    case 'query_take_max_records':
      if (typeof value?.constant !== 'bigint' || value.constant < 0n) break;
      return { takeAtMost: Number(value.constant) };
    default:
      if (WITHOUT_EFFECT.has(name)) return {};
      throw new UnsupportedKql(`the setting '${name}'`, statement);
  }
  throw new UnsupportedKql(`'${excerpt(statement)}'`, statement);
}
