import { schemaOf } from 'kql-workspace/documented-columns.ts';

/** See `CompiledHunt.documented`; where the flavours disagree on a type, it is dynamic. */
export function documentedLists(tables: readonly string[]): Record<string, string> {
  const lists = [...new Set(tables)].toSorted().flatMap((table) => {
    const columns = new Map<string, string>();
    for (const flavour of ['log-analytics', 'defender-xdr'] as const)
      for (const { name, type } of schemaOf(flavour).get(table) ?? [])
        columns.set(name, (columns.get(name) ?? type) === type ? type : 'dynamic');
    const list = [...columns].map(([name, type]) => (type === 'string' ? name : `${name}:${type}`));
    return columns.size === 0 ? [] : [[table, list.join(' ')] as const];
  });
  return Object.fromEntries(lists);
}
