import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { guarded } from './answers.ts';
import { theApp } from './app.ts';
import { refusal } from './read-json.ts';

const name = z.string().trim().min(1).max(1_000);

/** Why a device did or did not lead to findings (`device` is its name or id), or what is remembered with an account, address, hash, … (`entity`). */
async function explainDevice(request: HttpRequest): Promise<HttpResponseInit> {
  const entity = name.safeParse(request.query.get('entity'));
  if (entity.success) return { status: 200, jsonBody: await theApp().explainEntity(entity.data) };
  const wanted = name.safeParse(request.query.get('device'));
  if (!wanted.success)
    return refusal(400, 'device: is missing; name a device or give its id, as ?device=mac-1');
  return { status: 200, jsonBody: await theApp().explain(wanted.data) };
}

export const answer = guarded(explainDevice);
