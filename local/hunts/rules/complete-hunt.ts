import { type Hunt, withCompilation } from '../../../functions/domain/hunting/hunt.ts';
import { compileHunt } from '../../compiler/compile-hunt.ts';
import { bindHunt } from '../bind-hunt.ts';
import { type Suggested, suggestIdentity } from './suggest-identity.ts';

/** What a rule can't be hunted without, and does not say: our own keys of a hunt's file. */
export interface Additions {
  lookback?: string;
  identity?: string[];
}

/** Either what a hunt's file needs beside the rule, or why nothing helps. */
export type Completed =
  | { hunt: Hunt; additions: Additions; remarks: string[]; reasons?: undefined }
  | { reasons: string[] };

const DAY_MS = 86_400_000;

/** Binds and compiles a rule, and finds what it leaves open: how far back it looks, and what makes two of its rows one thing. */
export function completeHunt(rule: Hunt, entityMappings: unknown): Completed {
  const plain = bindHunt(rule);
  if (plain.errors.length > 0) return { reasons: plain.errors };
  let hunt = rule;
  const additions: Additions = {};
  const remarks: string[] = [];
  let written: string[] = [];
  let reasons: string[] = [];
  const unfit = new Set<string>();
  for (let step = 0; step < 6; step++) {
    const { compiled, errors, lacks } = compileHunt(hunt);
    if (compiled) {
      const full = withCompilation(hunt, compiled);
      const bound = bindHunt(full);
      if (bound.errors.length > 0) return { reasons: bound.errors };
      return { hunt: full, additions, remarks: [...remarks, ...written, ...bound.warnings] };
    }
    const lookback =
      lacks.includes('lookback') && additions.lookback === undefined && hunt.lookbackMs === undefined;
    for (const error of errors) {
      const [, column] = /identity: (\w+) (?:is|counts)/.exec(error) ?? [];
      if (additions.identity && column !== undefined) unfit.add(column);
    }
    const again = additions.identity === undefined || unfit.size > 0;
    const identity =
      lacks.includes('identity') && rule.identity === undefined && again
        ? suggestIdentity(rule, entityMappings, unfit)
        : [];
    // What was tried is of no interest to anybody.
    if (additions.identity === undefined) reasons = errors.map(withRemedy);
    if (!lookback && identity.length === 0) return { reasons };
    if (lookback) {
      additions.lookback = 'P1D';
      hunt = { ...hunt, lookbackMs: DAY_MS };
      remarks.push(
        `${hunt.file}: how far back it looks can't be told from the query; lookback: ${additions.lookback} was written: put it right`,
      );
    }
    if (identity.length > 0) {
      additions.identity = identity.map(({ name, type }) => (type ? `${name}: ${type}` : name));
      hunt = withIdentity(hunt, identity);
      written = [
        `${hunt.file}: identity: [${additions.identity.join(', ')}] was written, as ${errors.some((error) => /not known/.test(error)) ? "what the query returns can't be told" : 'it returns no text'}: put it right`,
      ];
    }
  }
  return { reasons };
}

function withIdentity(hunt: Hunt, identity: readonly Suggested[]): Hunt {
  const types = identity.flatMap(({ name, type }) => (type ? [[name, type] as const] : []));
  return {
    ...hunt,
    identity: identity.map(({ name }) => name),
    ...(types.length > 0 && { identityTypes: Object.fromEntries(types) }),
  };
}

function withRemedy(error: string): string {
  return /no text column|what the query returns is not known/.test(error)
    ? `${error}. A hunt tells what is new, so its rows must be told apart: add a column to "by" or "project"; a chart or a total is no hunt`
    : error;
}
