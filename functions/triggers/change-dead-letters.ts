import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { messageId } from '../domain/messages/kinds/message-parts.ts';
import { guarded, whoSays } from './answers.ts';
import { theApp } from './app.ts';
import { refusal } from './read-json.ts';

/** Azure ends an HTTP call after 230 s. */
const DELIVERY_MS = 180_000;

/**
 * `POST /api/dead-letters/{id}` tries a message that was given up again now (channels that have it are skipped), `DELETE` removes it for good and names who does it (`?by=`). A function of
 * its own, so that its key opens nothing else and no other key opens it.
 */
async function changeDeadLetters(request: HttpRequest): Promise<HttpResponseInit> {
  const { id } = request.params;
  if (id === undefined || id === '') return refusal(405, 'name a message: api/dead-letters/{id}');
  if (!messageId.safeParse(id).success) return none(id);
  const desk = theApp().deadLetters;
  if (request.method === 'DELETE') {
    const by = whoSays(request);
    if (by.kind === 'answer') return by.answer;
    return (await desk.discard(id, by.value)) ? { status: 204 } : none(id);
  }
  const outbox = await desk.retry(id, AbortSignal.timeout(DELIVERY_MS));
  return outbox ? { status: 200, jsonBody: outbox } : none(id);
}

const none = (id: string) => refusal(404, `there is no dead letter ${id}`);

export const answer = guarded(changeDeadLetters);
