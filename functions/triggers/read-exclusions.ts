import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { exclusionId } from '../domain/exclusions/parse-exclusion.ts';
import { guarded } from './answers.ts';
import { theApp } from './app.ts';
import { refusal } from './read-json.ts';

/** The exclusions in force and the app's own list: all, or one with its history. */
async function readExclusions(request: HttpRequest): Promise<HttpResponseInit> {
  const { id } = request.params;
  if (id === undefined || id === '') return { status: 200, jsonBody: await theApp().exclusions.accounts() };
  const found = exclusionId.safeParse(id).success ? await theApp().exclusions.detail(id) : undefined;
  if (!found) return refusal(404, `there is no exclusion ${id}`);
  const { etag, ...body } = found;
  return { status: 200, jsonBody: body, ...(etag !== undefined && { headers: { etag } }) };
}

export const answer = guarded(readExclusions);
