import { BadConstant } from '../values/bad-constant.ts';
import { type KustoPattern, kustoPattern } from '../values/kusto-pattern.ts';
import type { ScalarType } from '../values/scalar-types.ts';

/** A part of the pattern of the `parse` operator. */
export type ParsePart =
  | { readonly kind: 'skip' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'column'; readonly name: string; readonly type: ScalarType };

/** What a `parse` operator asks for. */
export interface ParseSpec {
  readonly kind: string;
  readonly flags: string;
  readonly parts: readonly ParsePart[];
}

const compiled = new Map<string, KustoPattern>();
const MAX_REMEMBERED = 200;

/** Matches a text with a pattern (a `ParseSpec` as JSON): the captured texts as a JSON array, or undefined. */
export function parseByPattern(text: string, spec: string): string | undefined {
  const match = compiledPattern(spec).first(text);
  if (!match) return undefined;
  // Patterns may have groups of their own, so ours have names.
  const groups = Object.entries(match.named).filter(([name]) => name.startsWith('parsed_'));
  return JSON.stringify(groups.map(([, captured]) => captured ?? ''));
}

/** The pattern of a spec; throws BadConstant when there is none. */
export function compiledPattern(spec: string): KustoPattern {
  const known = compiled.get(spec);
  if (known) return known;
  if (compiled.size >= MAX_REMEMBERED) compiled.clear();
  const made = kustoPattern(patternOf(JSON.parse(spec) as ParseSpec));
  compiled.set(spec, made);
  return made;
}

/** The pattern in Kusto's words; its group `parsed_N` captures the part N. */
export function patternOf({ kind, flags, parts }: ParseSpec): string {
  const isRegex = kind === 'regex';
  const pieces: string[] = [];
  for (const [index, part] of parts.entries()) {
    // At the end there is nothing to skip to.
    if (part.kind === 'skip' && index > 0 && index === parts.length - 1) continue;
    if (part.kind === 'skip') pieces.push(isRegex ? '.*?' : '(?s:.*?)');
    else if (part.kind === 'text') pieces.push(isRegex ? part.text : escaped(part.text));
    else {
      const body = isRegex ? regexBody(part.type) : plainBody(part.type, parts[index + 1], kind);
      pieces.push(`(?P<parsed_${index}>${body})`);
    }
  }
  const last = parts.at(-1);
  const whole = `${isRegex ? '' : '^'}${pieces.join('')}${last?.kind === 'column' ? '$' : ''}`;
  const known = flags.replace(/[Uims]/g, '');
  if (known !== '') throw new BadConstant(`parse with the flags '${known}' is not supported`);
  const inline = [...new Set(flags)].join('');
  return inline === '' ? whole : `(?${inline})${whole}`;
}

function regexBody(type: ScalarType): string {
  if (type === 'long' || type === 'int') return '-?\\d+';
  return '.*';
}

/** Up to the text that follows; with nothing in particular behind it, what looks like a value of the type. */
function plainBody(type: ScalarType, next: ParsePart | undefined, kind: string): string {
  const anything = next === undefined ? '(?s:.*)' : '(?s:.*?)';
  if (type === 'string' || (kind === 'relaxed' && next?.kind !== 'skip')) return anything;
  switch (type) {
    case 'int':
    case 'long':
      return '[+-]?\\d+';
    case 'real':
      return '[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?';
    case 'bool':
      return '(?i:true|false)';
    case 'guid':
      return '[0-9A-Fa-f-]{36}';
    default:
      return next?.kind === 'skip' ? '[0-9/:T .Z+-]*' : anything;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
