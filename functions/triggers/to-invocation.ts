import type { InvocationContext } from '@azure/functions';
import type { Invocation } from '../domain/to-telemetry.ts';

/** What telemetry needs of the host's context to join its trace. */
export function toInvocation({ functionName, traceContext }: InvocationContext): Invocation {
  return {
    functionName,
    ...(traceContext?.traceParent !== undefined && { traceParent: traceContext.traceParent }),
  };
}
