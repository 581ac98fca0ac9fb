import { type KqlNode, parseAndBind } from 'kql-workspace/language-service.ts';
import { z } from 'zod';
import type { Hunt } from '../../../functions/domain/hunting/hunt.ts';
import { bindingSchema } from '../../compiler/compile-hunt.ts';
import { fillPlaceholders } from '../../compiler/placeholders.ts';
import { nameOf } from '../../compiler/scope.ts';

const mappings = z.array(
  z.looseObject({ fieldMappings: z.array(z.looseObject({ columnName: z.string() })) }),
);

/** A column that makes two rows the same thing, with its type where the binder can't know it. */
export interface Suggested {
  name: string;
  type?: 'string' | 'guid' | 'int' | 'long' | 'bool';
}

/** Types that two rows which mean the same have alike. */
const lasting = ['string', 'guid', 'int', 'long', 'bool'] as const;
/** What is another thing at each look. */
const passing =
  /time|date|count|total|sum|bytes|score|duration|latency|number|_[dt]$|^(n|cnt|avg|min|max)$|recordid|reportid|correlationid/i;

/**
 * Columns of the result for an identity, for a query whose result the binder doesn't know or which has no text: those that the rule maps to entities, else
 * those that the query names last (by, project, distinct), else those that it compares.
 */
export function suggestIdentity(
  hunt: Hunt,
  entityMappings: unknown,
  unfit: ReadonlySet<string>,
): Suggested[] {
  const { text } = fillPlaceholders(hunt.query);
  const { root, resultType } = parseAndBind(text, bindingSchema(hunt));
  const known = new Map(
    resultType?.kind === 'table' ? resultType.columns.map(({ name, type }) => [name, type]) : [],
  );
  const open = resultType?.kind !== 'table' || resultType.open || known.size === 0;
  const usable = (names: readonly string[]): Suggested[] =>
    [...new Set(names)].flatMap((name): Suggested[] => {
      const type = known.get(name);
      if (!/^[A-Za-z_]\w*$/.test(name) || unfit.has(name)) return [];
      if (type === undefined) return open ? [{ name, type: 'string' }] : [];
      if (type === 'unknown') return [{ name, type: 'string' }];
      return lasting.some((one) => one === type) ? [{ name }] : [];
    });
  const mapped = mappings
    .safeParse(entityMappings)
    .data?.flatMap(({ fieldMappings }) => fieldMappings.map(({ columnName }) => columnName));
  const all = [...known.keys()].filter((name) => !passing.test(name));
  const candidates = [
    mapped ?? [],
    namedLast(root, ['SummarizeOperator', 'DistinctOperator', 'ProjectOperator']).filter(
      (name) => !passing.test(name),
    ),
    all,
    open ? compared(root).filter((name) => !passing.test(name)) : [],
  ];
  return (
    candidates
      .map(usable)
      .find((columns) => columns.length > 0)
      ?.slice(0, 8) ?? []
  );
}

/** The columns of the last operator of the result that lists them. */
function namedLast(root: KqlNode, kinds: readonly string[]): string[] {
  const last = root.items('Statements').findLast(({ kind }) => kind === 'ExpressionStatement');
  let pipe = last?.child('Expression');
  while (pipe?.kind === 'PipeExpression') {
    const operator = pipe.child('Operator');
    if (operator && kinds.includes(operator.kind)) return columnsOf(operator);
    pipe = pipe.child('Expression');
  }
  return [];
}

function columnsOf(operator: KqlNode): string[] {
  const list = operator.kind === 'SummarizeOperator' ? operator.child('ByClause') : operator;
  return (list?.items('Expressions') ?? []).flatMap((item) => {
    const named = item.kind === 'SimpleNamedExpression' ? item.child('Name') : item;
    return named && (named.kind === 'NameReference' || item !== named) ? [nameOf(named)] : [];
  });
}

/** Columns whose text conditions compare. */
function compared(root: KqlNode): string[] {
  return [...root.walk()].flatMap((node) => {
    if (
      !/^(Equal|EqualTilde|Has|HasAny|HasAll|Contains|StartsWith|EndsWith|In|InCs|MatchesRegex)\w*Expression$/.test(
        node.kind,
      )
    )
      return [];
    const left = node.child('Left');
    return left?.kind === 'NameReference' ? [nameOf(left)] : [];
  });
}
