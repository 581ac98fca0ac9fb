import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { durationSchema } from '../domain/duration.ts';
import { answerProblems, guarded, MAX_EXCLUSION_BYTES } from './answers.ts';
import { theApp } from './app.ts';
import { readJson, refusal } from './read-json.ts';

/** Azure ends an HTTP call after 230 s; nothing is written after the queries. */
const QUERIES_MS = 210_000;

const requestSchema = z.strictObject({
  id: z.string().min(1).optional(),
  exclusion: z.record(z.string(), z.unknown()).optional(),
  lookback: durationSchema.optional(),
});

/** What an exclusion would hide, before it is saved: `exclusion` as it would be put, or the `id` of one that is there. */
async function previewExclusion(request: HttpRequest): Promise<HttpResponseInit> {
  const text = await request.text();
  if (Buffer.byteLength(text) > MAX_EXCLUSION_BYTES)
    return refusal(413, `the body is larger than ${MAX_EXCLUSION_BYTES} bytes`);
  const body = readJson(text, requestSchema);
  if (body.kind === 'answer') return body.answer;
  const { id, exclusion, lookback } = body.value;
  const subject = exclusion ? { entry: exclusion } : id !== undefined ? { id } : undefined;
  if (!subject || (exclusion && id !== undefined))
    return refusal(400, 'exclusion or id: one of them is needed, and not both');

  const outcome = await theApp().exclusions.preview({
    subject,
    queriesMs: QUERIES_MS,
    ...(lookback !== undefined && { lookbackMs: lookback }),
  });
  switch (outcome.kind) {
    case 'preview':
      return { status: 200, jsonBody: outcome };
    case 'invalid':
      return answerProblems(outcome.problems);
    case 'unknown':
      return refusal(404, `id: there is no exclusion ${id}`);
  }
}

export const answer = guarded(previewExclusion);
