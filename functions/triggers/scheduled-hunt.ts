import type { InvocationContext, Timer } from '@azure/functions';
import { summarize } from '../domain/hunting/report.ts';
import type { HuntResult } from '../flows/run-hunts.ts';
import { theApp } from './app.ts';
import { toInvocation } from './to-invocation.ts';

/** host.json ends a function after 30 minutes: queries have most of it, then the last commits, then what is left to deliver. */
const LIMITS = { queriesMs: 25 * 60_000, deliveryMs: 28 * 60_000, patienceMs: 2 * 60_000 };

/**
 * Throws when a hunt failed, so that the host records a failure. The schedule goes on either way; the watermark sees to it that the next run catches up.
 * Azure ignores what a timer returns; a local host shows it.
 */
export async function run(timer: Timer, context: InvocationContext): Promise<HuntResult> {
  if (timer.isPastDue) context.log('This run comes late; its window reaches back to the last complete run.');
  const result = await theApp().hunt({
    limits: LIMITS,
    invocation: toInvocation(context),
  });
  const { reports, outbox, telemetryProblem } = result;
  for (const report of reports) {
    context.log(summarize(report));
    for (const problem of report.problems) context.warn(`${report.hunt.name}: ${problem}`);
  }
  for (const problem of outbox?.problems ?? []) context.warn(problem);
  if (telemetryProblem) context.warn(telemetryProblem);

  const failed = reports.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0)
    throw new Error(
      `${failed.length} of ${reports.length} hunts failed: ${failed.map(({ hunt }) => hunt.name).join(', ')}`,
    );
  return result;
}
