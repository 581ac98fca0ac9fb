import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DeadLetter, DiscardedLetter } from '../ports/dead-letters.ts';
import { guarded } from './answers.ts';
import { theApp } from './app.ts';
import { refusal } from './read-json.ts';

/** Messages that were given up, and those that somebody discarded since: all, or one that lies there with the whole of it. */
async function readDeadLetters(request: HttpRequest): Promise<HttpResponseInit> {
  const { id } = request.params;
  const desk = theApp().deadLetters;
  const letters = await desk.list();
  if (id === undefined || id === '') {
    const discarded = await desk.discarded();
    return {
      status: 200,
      jsonBody: { deadLetters: letters.map(toRow), discarded: discarded.map(toRow) },
    };
  }
  const letter = letters.find((one) => one.id === id);
  return letter ? { status: 200, jsonBody: letter } : refusal(404, `there is no dead letter ${id}`);
}

/** What a list tells of a message; the whole of it is under its id. */
function toRow({ message, ...letter }: DeadLetter | DiscardedLetter) {
  if (!message) return letter;
  const { kind, createdAt } = message;
  return { kind, createdAt, ...('hunt' in message && { hunt: message.hunt.name }), ...letter };
}

export const answer = guarded(readDeadLetters);
