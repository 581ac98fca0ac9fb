import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { guarded } from './answers.ts';
import { theApp } from './app.ts';
import { refusal } from './read-json.ts';

const MAX_RUNS = 500;
const MAX_DAYS = 90;
/** Of up to 10,000 characters each. */
const FINDINGS_PER_PAGE = 500;

const days = z.coerce.number().int().min(1).max(MAX_DAYS).default(7);
/** As run ids and row keys are written; nothing else gets near the storage. */
const key = z.string().regex(/^[A-Za-z0-9._|-]{1,200}$/);

/** `GET /api/runs`: the latest runs. `GET /api/runs/{id}`: one, with all its findings, page by page (`next` is the `after` of the next page). */
async function runs(request: HttpRequest): Promise<HttpResponseInit> {
  const { id } = request.params;
  return id === undefined || id === '' ? listRuns(request) : readRun(id, request);
}

async function listRuns(request: HttpRequest): Promise<HttpResponseInit> {
  const asked = days.safeParse(request.query.get('days') ?? undefined);
  if (!asked.success) return refusal(400, `days: must be 1 to ${MAX_DAYS}`);
  return { status: 200, jsonBody: { runs: await theApp().runs.recent(asked.data, MAX_RUNS) } };
}

async function readRun(id: string, request: HttpRequest): Promise<HttpResponseInit> {
  const after = key.optional().safeParse(request.query.get('after') ?? undefined);
  if (!after.success) return refusal(400, 'after: must be the `next` of the page before');
  const run = key.safeParse(id).success
    ? await theApp().runs.read(id, {
        most: FINDINGS_PER_PAGE,
        ...(after.data !== undefined && { after: after.data }),
      })
    : undefined;
  return run ? { status: 200, jsonBody: run } : refusal(404, `nothing is kept of a run ${id}`);
}

export const answer = guarded(runs);
