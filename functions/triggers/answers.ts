import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { ConfigError } from '../domain/config-error.ts';
import { type FieldProblem, fieldName } from '../domain/field-problems.ts';
import { refusal } from './read-json.ts';

/** Far above any reviewed list of values. A row of the table, 1 MiB in UTF-16, holds it even when each character is written as an escape. */
export const MAX_EXCLUSION_BYTES = 128 * 1024;

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
