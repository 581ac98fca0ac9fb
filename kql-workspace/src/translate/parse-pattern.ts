import { kustoRegExp, RegexError } from '../values/regex-syntax.ts';
import type { ScalarType } from '../values/scalar-types.ts';

/** A part of the pattern of the `parse` operator. */
export type ParsePart =
  | { readonly kind: 'skip' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'column'; readonly name: string; readonly type: ScalarType };

interface ParseSpec {
  readonly kind: string;
  readonly flags: string;
  readonly parts: readonly ParsePart[];
}

const compiled = new Map<string, RegExp>();
const MAX_REMEMBERED = 200;

/** Matches a text with a pattern (a `ParseSpec` as JSON): the captured texts as a JSON array, or undefined. */
export function parseByPattern(text: string, spec: string): string | undefined {
  let pattern = compiled.get(spec);
  if (!pattern) {
    if (compiled.size >= MAX_REMEMBERED) compiled.clear();
    pattern = patternOf(JSON.parse(spec) as ParseSpec);
    compiled.set(spec, pattern);
  }
  pattern.lastIndex = 0;
  const match = pattern.exec(text);
  if (!match) return undefined;
  // Patterns may have groups of their own, so ours have names.
  const groups = Object.entries(match.groups ?? {}).filter(([name]) => name.startsWith('parsed_'));
  return JSON.stringify(groups.map(([, captured]) => captured ?? ''));
}

function patternOf({ kind, flags, parts }: ParseSpec): RegExp {
  const isRegex = kind === 'regex';
  const ungreedy = flags.includes('U');
  const pieces: string[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'skip') pieces.push(isRegex ? (ungreedy ? '.*' : '.*?') : '(?s:.*?)');
    else if (part.kind === 'text') pieces.push(isRegex ? regexText(part.text, ungreedy) : escaped(part.text));
    else {
      const body = isRegex ? regexBody(part.type, ungreedy) : plainBody(part.type, parts[index + 1], kind);
      pieces.push(`(?P<parsed_${index}>${body})`);
    }
  }
  const last = parts.at(-1);
  const whole = `${isRegex ? '' : '^'}${pieces.join('')}${last?.kind === 'column' ? '$' : ''}`;
  const known = flags.replace(/[Uims]/g, '');
  if (known !== '') throw new RegexError(`parse with the flags '${known}' is not supported`);
  const inline = [...new Set(flags.replace('U', ''))].join('');
  return kustoRegExp(inline === '' ? whole : `(?${inline})${whole}`);
}

function regexText(text: string, ungreedy: boolean): string {
  if (ungreedy && /[*+?}]/.test(text)) {
    throw new RegexError(`parse with the flag U and the pattern '${text}' is not supported`);
  }
  return text;
}

function regexBody(type: ScalarType, ungreedy: boolean): string {
  if (type === 'long' || type === 'int') return '-?\\d+';
  return ungreedy ? '.*?' : '.*';
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
