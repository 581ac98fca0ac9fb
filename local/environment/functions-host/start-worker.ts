import { fork } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type {
  FunctionMetadata,
  HostMessage,
  InvocationResponse,
  LogEntry,
  TypedData,
  WorkerMessage,
} from './rpc.ts';

export interface Worker {
  pid: number;
  functions: FunctionMetadata[];
  /**
   * Runs a function with the data of its trigger and gives what it returned.
   * @throws Error with the function's stack when it throws, or one that says so when the process has ended.
   */
  invoke(functionName: string, trigger: TypedData, traceparent?: string): Promise<InvocationResponse>;
  /** Waits for what is running, at most `graceMs`, then lets the process end; kills it when it does not. */
  close(graceMs: number): Promise<void>;
}

/** Starts the process that runs the functions. `env` is all it sees of the environment, but for what the system needs. */
export async function startWorker({
  bundle,
  env,
  onLog,
}: {
  bundle: string;
  env: Record<string, string>;
  onLog: (entry: LogEntry) => void;
}): Promise<Worker> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), [bundle], {
    env: { ...inherited(), ...env },
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const running = new Map<
    string,
    { resolve: (response: InvocationResponse) => void; reject: (error: Error) => void }
  >();
  const idle = () =>
    running.size === 0 ? undefined : new Promise<void>((resolve) => idleWaiters.push(resolve));
  const idleWaiters: (() => void)[] = [];
  let ended: string | undefined;

  const settle = (invocationId: string) => {
    const invocation = running.get(invocationId);
    running.delete(invocationId);
    if (running.size === 0) for (const resolve of idleWaiters.splice(0)) resolve();
    return invocation;
  };
  const echo = (stream: NodeJS.ReadableStream | null, level: LogEntry['level']) => {
    if (!stream) return;
    createInterface(stream).on('line', (message) => onLog({ level, category: 'user', message }));
  };
  echo(child.stdout, 'information');
  echo(child.stderr, 'error');

  const functions = await new Promise<FunctionMetadata[]>((resolve, reject) => {
    child.on('message', (message: WorkerMessage) => {
      switch (message.kind) {
        case 'started':
          return resolve(message.functions);
        case 'start-failed':
          child.kill();
          return reject(new Error(`The functions did not load: ${message.reason}`));
        case 'log':
          return onLog(message.entry);
        case 'returned':
          return settle(message.invocationId)?.resolve(message.response);
        case 'threw':
          return settle(message.invocationId)?.reject(new Error(message.reason));
      }
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      ended = `The process that runs the functions has ended (${signal ?? `exit code ${code}`}).`;
      reject(new Error(ended));
      for (const id of [...running.keys()]) settle(id)?.reject(new Error(ended));
    });
  });

  const send = (message: HostMessage) => child.send(message);
  return {
    pid: child.pid ?? 0,
    functions,
    invoke(functionName, trigger, traceparent) {
      if (ended) return Promise.reject(new Error(ended));
      const metadata = functions.find(({ name }) => name === functionName);
      const [binding] = Object.keys(metadata?.bindings ?? {});
      const invocationId = randomUUID();
      return new Promise((resolve, reject) => {
        running.set(invocationId, { resolve, reject });
        send({
          kind: 'invoke',
          functionName,
          request: {
            invocationId,
            inputData: [{ name: binding ?? '', data: trigger }],
            traceContext: { traceParent: childOf(traceparent), traceState: '', attributes: {} },
          },
        });
      });
    },
    async close(graceMs) {
      if (ended) return;
      const exit = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await Promise.race([idle(), exit]);
      if (!ended) send({ kind: 'terminate' });
      await exit;
      clearTimeout(timer);
    },
  };
}

/** What a process needs of its surroundings; everything else is a setting and must be given. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'USERPROFILE', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'NODE_EXTRA_CA_CERTS'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** The invocation is a span of its own in the caller's trace, or in a new one (W3C Trace Context). */
function childOf(traceparent: string | undefined): string {
  const traceId = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent ?? '')?.[1];
  return `00-${traceId ?? randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}
