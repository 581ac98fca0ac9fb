import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { answerWebhook } from './answer-webhook.ts';
import { theApp } from './app.ts';

export async function answer(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  return answerWebhook(request, theApp(), (line) => context.log(line));
}
