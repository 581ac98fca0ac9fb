import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';

/** A body that was understood, or the answer that says what is wrong with it: which field, and how it should be. */
export type Read<T> = { kind: 'value'; value: T } | { kind: 'answer'; answer: HttpResponseInit };

/** Nothing that is read here is half as deep; code that walks a value by recursion would break off at some thousands. */
const MAX_DEPTH = 32;

/** Parses a JSON body by a schema. An empty body is an empty object. */
export function readJson<T>(text: string, schema: z.ZodType<T>): Read<T> {
  let json: unknown;
  try {
    json = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    return { kind: 'answer', answer: refusal(400, 'the body is not JSON') };
  }
  if (isDeep(json))
    return { kind: 'answer', answer: refusal(400, `the body is nested deeper than ${MAX_DEPTH} levels`) };
  const parsed = schema.safeParse(json);
  if (parsed.success) return { kind: 'value', value: parsed.data };
  const problems = parsed.error.issues.map(({ path, message }) => ({
    field: z.core.toDotPath(path) || '(body)',
    message,
  }));
  return {
    kind: 'answer',
    answer: refusal(400, problems.map(({ field, message }) => `${field}: ${message}`).join('; ')),
  };
}

/** Level by level, since the call stack is what a deep value exhausts. */
function isDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return false;
}

/** An answer that is an error, in words. */
export function refusal(status: number, error: string): HttpResponseInit {
  return { status, jsonBody: { error } };
}
