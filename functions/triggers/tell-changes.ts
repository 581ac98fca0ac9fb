import type { InvocationContext } from '@azure/functions';
import { theApp } from './app.ts';
import { toInvocation } from './to-invocation.ts';

/** The next call comes in five minutes. */
const LIMITS = { queriesMs: 2 * 60_000, deliveryMs: 4 * 60_000 };

/** Throws when the storage cannot be read, so that the host records a failure; what is untold then is told by a later call. */
export async function run(_: unknown, context: InvocationContext): Promise<void> {
  const { told, outbox, telemetryProblem } = await theApp().tellChanges({
    invocation: toInvocation(context),
    queriesMs: LIMITS.queriesMs,
    signal: AbortSignal.timeout(LIMITS.deliveryMs),
  });
  if (told > 0) context.log(`${told === 1 ? '1 change is' : `${told} changes are`} told to the channels.`);
  for (const problem of outbox?.problems ?? []) context.warn(problem);
  if (telemetryProblem) context.warn(telemetryProblem);
}
