import { app, type HttpRequest, type InvocationContext } from '@azure/functions';
import { answerWebhook } from './answer-webhook.ts';
import { theApp } from './app.ts';

const webhook = (request: HttpRequest, context: InvocationContext) =>
  answerWebhook(request, theApp(), (line) => context.log(line));

// Anonymous for the host: the signature is the key, and it covers the body.
app.http('webhook', { route: 'webhook', methods: ['POST'], authLevel: 'anonymous', handler: webhook });
