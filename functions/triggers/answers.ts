import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { ConfigError } from '../domain/config-error.ts';
import { type FieldProblem, fieldName } from '../domain/field-problems.ts';
import { type Read, refusal } from './read-json.ts';

/** Far above any reviewed list of values. A row of the table, 1 MiB in UTF-16, holds it even when each character is written as an escape. */
export const MAX_EXCLUSION_BYTES = 128 * 1024;

/** Who makes a change, by their own word. */
export function whoSays(request: HttpRequest): Read<string> {
  const by = z.string().trim().min(1).max(200).safeParse(request.query.get('by'));
  return by.success
    ? { kind: 'value', value: by.data }
    : {
        kind: 'answer',
        answer: refusal(400, 'by: is missing; name who removes it, for example ?by=anna@example.com'),
      };
}

/** 400, with each field and what is wrong with it. */
export function answerProblems(problems: readonly FieldProblem[]): HttpResponseInit {
  const named = problems.map(({ path, message }) => ({ field: fieldName(path) || '(body)', message }));
  const error = named.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return { status: 400, jsonBody: { error, problems: named } };
}

/** For functions that people call: what keeps them from an answer is told in words, as 500 for settings and as 503 for whatever else cannot be reached. */
export function guarded(handler: (request: HttpRequest) => Promise<HttpResponseInit>): HttpHandler {
  return async (request, context) => {
    try {
      return await handler(request);
    } catch (error) {
      context.error(error);
      if (error instanceof ConfigError) return refusal(500, error.message);
      return refusal(503, error instanceof Error ? error.message : String(error));
    }
  };
}
