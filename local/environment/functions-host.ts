import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HttpFunction, httpFunctions, serveHttpTriggers } from './functions-host/http-triggers.ts';
import type { LogEntry } from './functions-host/rpc.ts';
import { startWorker } from './functions-host/start-worker.ts';
import { scheduleTimers } from './functions-host/timer-triggers.ts';

export type { LogEntry } from './functions-host/rpc.ts';

export interface FunctionsHost {
  /** `http://127.0.0.1:PORT` */
  url: string;
  http: HttpFunction[];
  /** `next`: when the timer fires next, unless it is stopped. */
  timers: { name: string; schedule: string; next: Date | null }[];
  /** The process that runs the functions: a test that wants to see it die kills this one. */
  workerPid: number;
  /**
   * Runs a timer function now, beside its schedule, and gives what it returned (the real host ignores that).
   * @throws Error with the function's stack when it throws.
   */
  runTimer(name: string, options?: { isPastDue?: boolean }): Promise<unknown>;
  /** Stops timers and server, waits up to ten seconds for what is running, ends the worker. */
  close(): Promise<void>;
}

const GRACE_MS = 10_000;

/**
 * Runs a bundle of functions like the Functions host: HTTP triggers under `/api/<route>` behind the key, timers on their schedule. The
 * bundle runs in a process of its own, whose environment is the settings alone.
 *
 * @param settings the app settings; as a function, they are made once the host's own address is known
 * @throws Error when the port is taken (`code` is `EADDRINUSE`) or the bundle does not load
 */
export async function startFunctionsHost({
  bundle,
  key,
  functionKeys,
  settings = {},
  port = 0,
  onLog = () => {},
}: {
  bundle: string;
  key: string;
  functionKeys?: Readonly<Record<string, string>>;
  settings?: Record<string, string> | ((url: string) => Record<string, string>);
  port?: number;
  onLog?: (entry: LogEntry) => void;
}): Promise<FunctionsHost> {
  let serve: RequestListener = (_, response) => response.writeHead(503).end();
  const server = createServer((request, response) => serve(request, response));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: actualPort } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${actualPort}`;

  const env = {
    AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
    FUNCTIONS_WORKER_RUNTIME: 'node',
    WEBSITE_HOSTNAME: `127.0.0.1:${actualPort}`,
    ...(typeof settings === 'function' ? settings(url) : settings),
  };
  const onError = (functionName: string, error: unknown) =>
    onLog({
      level: 'error',
      category: 'system',
      functionName,
      message: error instanceof Error ? error.message : String(error),
    });

  try {
    const worker = await startWorker({ bundle, env, onLog });
    const http = httpFunctions(worker.functions);
    try {
      serve = serveHttpTriggers({
        functions: http,
        worker,
        key,
        onError,
        ...(functionKeys && { functionKeys }),
      });
      const timers = scheduleTimers({ functions: worker.functions, settings: env, worker, onError });
      return {
        url,
        http,
        get timers() {
          return timers.map(({ name, schedule, next }) => ({ name, schedule, next: next() }));
        },
        workerPid: worker.pid,
        async runTimer(name, options) {
          const timer = timers.find((timer) => timer.name === name);
          if (!timer) throw new Error(`There is no timer function ${name}.`);
          return timer.run(options);
        },
        async close() {
          for (const timer of timers) timer.stop();
          const closed = once(server, 'close');
          server.close();
          await worker.close(GRACE_MS);
          server.closeAllConnections();
          await closed;
        },
      };
    } catch (error) {
      await worker.close(0);
      throw error;
    }
  } catch (error) {
    server.close();
    throw error;
  }
}
