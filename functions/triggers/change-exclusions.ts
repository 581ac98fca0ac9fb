import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { exclusionId } from '../domain/exclusions/parse-exclusion.ts';
import type { PutOutcome } from '../flows/put-exclusion.ts';
import type { Expected } from '../ports/exclusion-store.ts';
import { answerProblems, guarded, MAX_EXCLUSION_BYTES, whoSays } from './answers.ts';
import { theApp } from './app.ts';
import { type Read, readJson, refusal } from './read-json.ts';

/** The app's own list: write an exclusion, or remove one. A function of its own, so that its key opens nothing else and no other key opens it. */
async function changeExclusions(request: HttpRequest): Promise<HttpResponseInit> {
  const { id } = request.params;
  if (id === undefined || id === '') return refusal(405, 'name an exclusion: api/exclusions/{id}');
  if (!exclusionId.safeParse(id).success)
    return refusal(400, 'id: must be lower-case letters, digits and hyphens, 64 at most');
  return request.method === 'PUT' ? put(id, request) : remove(id, request);
}

async function put(id: string, request: HttpRequest): Promise<HttpResponseInit> {
  if (id === 'preview')
    return refusal(
      400,
      'id: preview is an address of its own (POST api/exclusions/preview); take another id',
    );
  const text = await request.text();
  if (Buffer.byteLength(text) > MAX_EXCLUSION_BYTES)
    return refusal(413, `the body is larger than ${MAX_EXCLUSION_BYTES} bytes`);
  const body = readJson(text, z.record(z.string(), z.unknown()));
  if (body.kind === 'answer') return body.answer;
  const expected = expectedBy(request);
  if (expected.kind === 'answer') return expected.answer;
  const outcome = await theApp().exclusions.put(id, body.value, expected.value ?? 'absent');
  return outcome.kind === 'conflict' && expected.value === undefined
    ? refusal(428, `there is an exclusion ${id}: send If-Match with the ETag of what you mean to replace`)
    : answerTo(outcome);
}

function answerTo(outcome: PutOutcome): HttpResponseInit {
  switch (outcome.kind) {
    case 'created':
    case 'replaced': {
      const { etag, exclusion, effect } = outcome;
      return {
        status: outcome.kind === 'created' ? 201 : 200,
        headers: { etag },
        jsonBody: { exclusion, effect },
      };
    }
    case 'invalid':
      return answerProblems(outcome.problems);
    case 'in-file':
      return refusal(
        409,
        `id: ${outcome.where} has this id, and files win; change it there or take another id`,
      );
    case 'conflict':
      return changedMeanwhile;
  }
}

const changedMeanwhile = refusal(412, 'it is not what you expected it to be: read it again, then decide');

async function remove(id: string, request: HttpRequest): Promise<HttpResponseInit> {
  const by = whoSays(request);
  if (by.kind === 'answer') return by.answer;
  const expected = expectedBy(request);
  if (expected.kind === 'answer') return expected.answer;
  if (expected.value === undefined)
    return refusal(428, 'If-Match: is missing; send the ETag of what you mean to remove');
  const outcome = await theApp().exclusions.remove(id, by.value, expected.value);
  switch (outcome.kind) {
    case 'removed':
      return { status: 204 };
    case 'absent':
      return refusal(404, `there is no exclusion ${id} in the app's own list`);
    case 'conflict':
      return changedMeanwhile;
  }
}

/** What the request's conditions say; undefined where it has none. */
function expectedBy(request: HttpRequest): Read<Expected | undefined> {
  const match = request.headers.get('if-match');
  const noneMatch = request.headers.get('if-none-match');
  if (noneMatch !== null) {
    return noneMatch === '*' && match === null
      ? { kind: 'value', value: 'absent' }
      : { kind: 'answer', answer: refusal(400, 'If-None-Match: can only be *, and not beside If-Match') };
  }
  if (match === null) return { kind: 'value', value: undefined };
  return { kind: 'value', value: match === '*' ? 'present' : { etag: match } };
}

export const answer = guarded(changeExclusions);
