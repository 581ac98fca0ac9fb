/**
 * JSON without loss: numbers that a JavaScript number can't hold (longs beyond 2^53) stay the digits they were.
 */

/** A number as the digits that stood in the JSON text. */
class RawNumber {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}

export type Json = string | number | boolean | null | RawNumber | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Newer JavaScript hands a reviver the text that a value was read from; its type declarations don't know yet. */
type Reviver = (
  this: unknown,
  key: string,
  value: unknown,
  context?: { readonly source?: string },
) => unknown;

const keepDigits: Reviver = (_key, value, context) => {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return String(value) === context.source ? value : new RawNumber(context.source);
};

/** Reads JSON text; undefined when it is none. */
export function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text, keepDigits) as Json;
  } catch {
    return undefined;
  }
}

/** Writes JSON text. */
export function writeJson(value: Json): string {
  if (value instanceof RawNumber) return value.digits;
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([key, member]) => `${JSON.stringify(key)}:${writeJson(member)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber)
  );
}

/** The array that a JSON text is, or undefined. */
export function readArray(text: string): readonly Json[] | undefined {
  const value = readJson(text);
  return Array.isArray(value) ? (value as readonly Json[]) : undefined;
}

/** The object that a JSON text is, or undefined. */
export function readObject(text: string): JsonObject | undefined {
  const value = readJson(text);
  return isObject(value) ? value : undefined;
}

/** A value as text: a string's characters, else its JSON. */
export function textOf(value: Json): string {
  return typeof value === 'string' ? value : value === null ? '' : writeJson(value);
}

/** The number that a JSON value is, or undefined. */
export function numberOf(value: Json): number | undefined {
  if (value instanceof RawNumber) return Number(value.digits);
  return typeof value === 'number' ? value : undefined;
}

/** A whole JSON number, to the last digit, or undefined. */
export function bigintOf(value: Json): bigint | undefined {
  if (value instanceof RawNumber) return /^-?\d+$/.test(value.digits) ? BigInt(value.digits) : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

/** True when two values are the same JSON. */
export function sameJson(left: Json, right: Json): boolean {
  return writeJson(left) === writeJson(right);
}

/** True when the item is one of the items. */
export function includesJson(items: readonly Json[], item: Json): boolean {
  return items.some((candidate) => sameJson(candidate, item));
}

/** The items without repetitions, in the order of their first appearance. */
export function uniqueJson(items: readonly Json[]): readonly Json[] {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(writeJson(item)) && seen.add(writeJson(item)));
}
