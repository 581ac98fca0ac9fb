import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import pLimit from 'p-limit';
import type { Invocation, TelemetryRecords } from '../domain/to-telemetry.ts';
import type { Telemetry } from '../ports/telemetry.ts';

/** How long an invocation waits for its telemetry: the function may be frozen once it has answered, and must not answer late for this. */
const BOUND_MS = 5_000;

/**
 * Application Insights through `applicationinsights`, which takes over a second to load: that happens when the first run is through, never at start-up.
 *
 * The client is one of its own, beside the process's global ones, and collects nothing by itself: requests, dependencies, traces and exceptions are the
 * host's to report. With `credential` it sends as that identity (role Monitoring Metrics Publisher), which a resource without local authentication asks for.
 */
export function applicationInsights(target: {
  connectionString: string;
  /** The app's name, as the host reports it. */
  roleName: string;
  credential?: () => Promise<TokenCredential>;
}): Telemetry {
  const oneAtATime = pLimit(1);
  let opened: Promise<Sender> | undefined;
  const deliver: Sender = async (records, invocation) => {
    opened ??= open(target).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    const send = await opened;
    return send(records, invocation);
  };
  return {
    async send(records, invocation) {
      if (records.events.length + records.metrics.length === 0) return undefined;
      const inTime = new AbortController();
      try {
        const problem = await Promise.race([
          oneAtATime(deliver, records, invocation),
          sleep(BOUND_MS, `not sent within ${BOUND_MS / 1000} s`, { signal: inTime.signal }),
        ]);
        return problem && `telemetry: ${problem}`;
      } catch (error) {
        return `telemetry: ${reasonOf(error)}`;
      } finally {
        inTime.abort();
      }
    },
  };
}

type Sender = (records: TelemetryRecords, invocation: Invocation) => Promise<string | undefined>;

async function open({
  connectionString,
  roleName,
  credential,
}: Parameters<typeof applicationInsights>[0]): Promise<Sender> {
  // The SDK tells Microsoft how it is used unless this is set before its exporters are made; no option does it.
  process.env.APPLICATION_INSIGHTS_NO_STATSBEAT = 'true';
  const [
    { TelemetryClient },
    { context, ROOT_CONTEXT, trace },
    { AsyncLocalStorageContextManager },
    { resourceFromAttributes },
  ] = await Promise.all([
    import('applicationinsights'),
    import('@opentelemetry/api'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/resources'),
  ]);

  // An event joins the trace of the current context, and without a manager there is none.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

  // The SDK keeps to itself what the endpoint said, so it is noted on the way.
  const outcomes: string[] = [];
  const client = new TelemetryClient(connectionString, { useGlobalProviders: false });
  client.config.azureMonitorOpenTelemetryOptions = {
    azureMonitorExporterOptions: {
      connectionString,
      ...(credential && { credential: await credential() }),
      // Nothing of a run is left on a disk; and more tries than one more would not fit the bound.
      disableOfflineStorage: true,
      retryOptions: { maxRetries: 1 },
      additionalPolicies: [
        {
          position: 'perCall',
          policy: {
            name: 'noteOutcomes',
            sendRequest: async (request, next) => {
              try {
                const response = await next(request);
                outcomes.push(
                  response.status === 200 ? 'sent' : `Application Insights answered ${response.status}`,
                );
                return response;
              } catch (error) {
                outcomes.push(reasonOf(error));
                throw error;
              }
            },
          },
        },
      ],
    },
    resource: resourceFromAttributes({ 'service.name': roleName }),
  };

  return async ({ events, metrics }, { functionName, traceParent }) => {
    outcomes.length = 0;
    const span = parseTraceParent(traceParent);
    context.with(span ? trace.setSpanContext(ROOT_CONTEXT, span) : ROOT_CONTEXT, () => {
      for (const { properties, ...event } of events)
        client.trackEvent({
          ...event,
          properties: { ...properties, ...(functionName && { 'ai.operation.name': functionName }) },
        });
      for (const { name, value, dimensions } of metrics)
        client.trackMetric({ name, value, properties: dimensions });
    });
    await client.flush();
    // Without a usable connection string the SDK sends nothing and says nothing.
    if (outcomes.length === 0) return 'nothing was sent: is the connection string right?';
    return outcomes.find((outcome) => outcome !== 'sent');
  };
}

/** https://www.w3.org/TR/trace-context/#traceparent-header, version 00. */
function parseTraceParent(text: string | undefined) {
  const [, traceId, spanId, flags] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

/** The first line: an identity's error goes on for many. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').slice(0, 200);
}
