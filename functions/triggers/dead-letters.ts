import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { messageId } from '../domain/messages/message.ts';
import type { DeadLetter } from '../ports/dead-letters.ts';
import { guarded } from './answers.ts';
import { theApp } from './app.ts';
import { refusal } from './read-json.ts';

/** Azure ends an HTTP call after 230 s. */
const DELIVERY_MS = 180_000;

/**
 * Messages that were given up. `GET /api/dead-letters` lists them, `POST /api/dead-letters/{id}` tries one again now (channels that have it are skipped),
 * `DELETE` removes it for good.
 */
async function deadLetters(request: HttpRequest): Promise<HttpResponseInit> {
  const { id } = request.params;
  const desk = theApp().deadLetters;
  if (id === undefined || id === '')
    return request.method === 'GET'
      ? { status: 200, jsonBody: { deadLetters: (await desk.list()).map(toRow) } }
      : refusal(405, 'name a message: api/dead-letters/{id}');
  if (!messageId.safeParse(id).success) return none(id);
  if (request.method === 'GET') {
    const letter = (await desk.list()).find((one) => one.id === id);
    return letter ? { status: 200, jsonBody: letter } : none(id);
  }
  if (request.method === 'DELETE') return (await desk.discard(id)) ? { status: 204 } : none(id);
  const outbox = await desk.retry(id, AbortSignal.timeout(DELIVERY_MS));
  return outbox ? { status: 200, jsonBody: outbox } : none(id);
}

/** What a list tells of a message; the whole of it is under its id. */
function toRow({ message, ...letter }: DeadLetter) {
  if (!message) return letter;
  const { kind, createdAt } = message;
  return { kind, createdAt, ...('hunt' in message && { hunt: message.hunt.name }), ...letter };
}

const none = (id: string) => refusal(404, `there is no dead letter ${id}`);

app.http('dead-letters', {
  route: 'dead-letters/{id?}',
  methods: ['GET', 'POST', 'DELETE'],
  authLevel: 'function',
  handler: guarded(deadLetters),
});
