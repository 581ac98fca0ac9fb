import type { InvocationContext } from '@azure/functions';
import { theApp } from './app.ts';
import { toInvocation } from './to-invocation.ts';

/** host.json ends a function after 30 minutes; this one needs few of them. */
const DELIVERY_MS = 8 * 60_000;
const PATIENCE_MS = 2 * 60_000;

/** One message a week on all hunts. Throws when the storage or a file cannot be read, so that the host records a failure. */
export async function run(_: unknown, context: InvocationContext): Promise<void> {
  const { told, outbox, telemetryProblem } = await theApp().tellWeekly({
    invocation: toInvocation(context),
    patienceMs: PATIENCE_MS,
    signal: AbortSignal.timeout(DELIVERY_MS),
  });
  context.log(told ? 'The weekly summary was made.' : 'The summary of this week was there already.');
  for (const problem of outbox.problems) context.warn(problem);
  if (telemetryProblem) context.warn(telemetryProblem);
}
