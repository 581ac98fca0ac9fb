import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';

/** A body that was understood, or the answer that says what is wrong with it: which field, and how it should be. */
export type Read<T> = { kind: 'value'; value: T } | { kind: 'answer'; answer: HttpResponseInit };

/** Parses a JSON body by a schema. An empty body is an empty object. */
export function readJson<T>(text: string, schema: z.ZodType<T>): Read<T> {
  let json: unknown;
  try {
    json = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    return { kind: 'answer', answer: refusal(400, 'the body is not JSON') };
  }
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

/** An answer that is an error, in words. */
export function refusal(status: number, error: string): HttpResponseInit {
  return { status, jsonBody: { error } };
}
