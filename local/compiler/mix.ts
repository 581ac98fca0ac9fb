import type { KqlNode } from 'kql-workspace/language-service.ts';
import { inOne } from './reaches.ts';
import { DATA, type Leaf, OF_RUN, UNKNOWN, type Value } from './values.ts';

/** What a value may be that is made of others in a way that is not folded. `aggregated`: what comes of `row`'s time depends on the span that is looked at. */
export function mix(values: readonly Value[]): Value {
  const leaves = leavesOf(values);
  const aggregated = values.some(isAggregated);
  const told = values.some(isOfRun);
  if (leaves && told) return { kind: 'timely', leaves, told, aggregated };
  const aggregates = values.filter((value) => value.kind === 'aggregate');
  if (aggregates.length > 0) {
    const within = aggregates.flatMap((value) => value.within ?? []);
    return { kind: 'aggregate', ...(within.length > 0 && { within: within.reduce(inOne) }) };
  }
  if (values.some(({ kind }) => kind === 'picked')) return { kind: 'picked' };
  if (leaves) return { kind: 'timely', leaves, told, aggregated };
  if (values.some((value) => value.kind === 'moment' || (value.kind === 'unknown' && value.ofRun)))
    return OF_RUN;
  if (values.some((value) => value.kind === 'unknown' && !value.fixed)) return UNKNOWN;
  const ofRow = values.some(({ kind }) => kind === 'data' || kind === 'stamp');
  return ofRow ? DATA : { kind: 'unknown', fixed: true };
}

/** The uses of tables whose times stand in the values; undefined when none does. */
function leavesOf(values: readonly Value[]): Leaf[] | undefined {
  const all = values.flatMap((value) => {
    if (value.kind === 'age') return [value.of.leaves];
    return value.kind === 'time' || value.kind === 'timely' ? [value.leaves] : [];
  });
  return all.length > 0 ? [...new Set(all.flat())] : undefined;
}

function isAggregated(value: Value): boolean {
  if (value.kind === 'age') return value.of.aggregated;
  return (
    value.kind === 'aggregate' || ((value.kind === 'time' || value.kind === 'timely') && value.aggregated)
  );
}

function isOfRun(value: Value): boolean {
  return (
    value.kind === 'moment' ||
    value.kind === 'unknown' ||
    value.kind === 'age' ||
    (value.kind === 'timely' && value.told)
  );
}

/** Whether it may be another text at each run, although the thing that it tells of is the same. */
export function isVolatile(value: Value | undefined): boolean {
  switch (value?.kind) {
    case 'aggregate':
    case 'picked':
      return true;
    case 'timely':
      return value.told || value.aggregated;
    case 'unknown':
      return value.ofRun === true;
    default:
      return false;
  }
}

/** A time that is made of what stands in the row is another time of the row. */
export function asStamp(value: Value, node: KqlNode, leaves: readonly Leaf[] | undefined): Value {
  const type = node.resultType;
  const isTime = type?.kind === 'scalar' && type.type === 'datetime';
  return isTime && value.kind === 'data' && leaves ? { kind: 'stamp', leaves, name: node.text } : value;
}
