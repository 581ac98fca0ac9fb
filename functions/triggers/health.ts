import type { HttpResponseInit } from '@azure/functions';
import { guarded } from './answers.ts';
import { theApp } from './app.ts';

/** Whether the app can be asked at all: its settings are good and its storage answers. Says nothing else, since anybody may ask. */
export async function answer(): Promise<HttpResponseInit> {
  try {
    return (await theApp().isUp()) ? up : down;
  } catch {
    return down;
  }
}

const up = { status: 200, jsonBody: { status: 'up' } };
const down = { status: 503, jsonBody: { status: 'down' } };

/** How each hunt is: what it searched and what it owes, what waits to be told, what is wrong with exclusions. */
async function huntsHealth(): Promise<HttpResponseInit> {
  return { status: 200, jsonBody: await theApp().health() };
}

export const answerOnHunts = guarded(huntsHealth);
