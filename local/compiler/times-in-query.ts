import type { KqlNode } from 'kql-workspace/language-service.ts';
import type { CompiledHunt } from '../../functions/domain/hunting/compiled-hunt.ts';
import type { Filled } from './placeholders.ts';
import { callOf } from './scope.ts';

type Time = CompiledHunt['times'][number];

/** Where `now()`, `ago(…)` and placeholders stand in the query, in order; what lies within another is left to that one. */
export function timesIn(root: KqlNode, { placeholders, originalOffset }: Filled): Time[] {
  const calls = [...root.walk()].flatMap((node): Time[] => {
    if (node.kind !== 'FunctionCallExpression') return [];
    const { name, given } = callOf(node);
    const kind = name.toLowerCase();
    if (kind !== 'now' && kind !== 'ago') return [];
    const [argument] = given;
    return [
      {
        kind,
        ...spanOf(node, originalOffset),
        ...(argument && { argument: spanOf(argument, originalOffset) }),
      },
    ];
  });
  const filled = placeholders.map(
    ({ kind, start, end, quoted }): Time => ({ kind, start, end, ...(quoted && { quoted }) }),
  );
  const all = [...calls, ...filled].toSorted((one, other) => one.start - other.start || other.end - one.end);
  return all.filter((time, index) => !all.slice(0, index).some(({ end }) => end > time.start));
}

function spanOf(node: KqlNode, original: (offset: number) => number): { start: number; end: number } {
  return { start: original(node.start), end: original(node.end) };
}
