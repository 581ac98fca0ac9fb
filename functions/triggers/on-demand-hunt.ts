import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { z } from 'zod';
import { ConfigError } from '../domain/config-error.ts';
import { durationSchema } from '../domain/duration.ts';
import { summarize } from '../domain/hunting/report.ts';
import { ExclusionsUnreadable } from '../flows/read-catalogue.ts';
import { type HuntResult, UnknownHunt } from '../flows/run-hunts.ts';
import { theApp } from './app.ts';
import { readJson, refusal } from './read-json.ts';
import { toInvocation } from './to-invocation.ts';

/** Azure ends an HTTP call after 230 s: queries get most of it, then a commit, then delivery. A storage that hangs until then takes 25 s more to be asked what it has. */
const LIMITS = { queriesMs: 140_000, deliveryMs: 200_000, patienceMs: 15_000 };

const requestSchema = z.strictObject({
  hunts: z.array(z.string().min(1)).min(1).optional(),
  lookback: durationSchema.optional(),
  dryRun: z.boolean().optional(),
  reckon: z.boolean().optional(),
});

/** Runs hunts now and answers with their reports: 200, 409 while other runs are at all of them, 502 when none could be answered. */
export async function answer(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  const body = readJson(await request.text(), requestSchema);
  if (body.kind === 'answer') return body.answer;
  const { hunts, lookback, dryRun, reckon } = body.value;
  try {
    const result = await theApp().hunt({
      limits: LIMITS,
      invocation: toInvocation(context),
      ...(hunts && { hunts }),
      ...(lookback !== undefined && { lookbackMs: lookback }),
      ...(dryRun !== undefined && { dryRun }),
      ...(reckon !== undefined && { reckon }),
    });
    for (const report of result.reports) context.log(summarize(report));
    if (result.telemetryProblem) context.warn(result.telemetryProblem);
    return { status: statusOf(result), jsonBody: result };
  } catch (error) {
    if (error instanceof UnknownHunt) return refusal(404, `hunts: ${error.message}`);
    if (error instanceof ExclusionsUnreadable) return refusal(503, error.message);
    if (error instanceof ConfigError) return refusal(500, error.message);
    throw error;
  }
}

function statusOf({ reports }: HuntResult): number {
  const all = (outcome: string) =>
    reports.length > 0 && reports.every((report) => report.outcome === outcome);
  if (all('lease-held')) return 409;
  return all('failed') ? 502 : 200;
}
