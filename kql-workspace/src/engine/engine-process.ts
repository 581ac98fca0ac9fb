import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { closed, type Outcome, plainError, type Reply, type Request } from './messages.ts';
import { type EngineHere, openEngineHere } from './open-engine.ts';

/**
 * The process that engines work in, so that it can be ended when one of them cannot be stopped otherwise. It is started
 * by `engine-host.ts` with a folder for what it writes, which that one removes.
 */

const [, , scratch = ''] = process.argv;
const engines = new Map<number, EngineHere>();
const running = new Map<number, AbortController>();

process.on('message', (request: Request) => {
  if ('stop' in request) running.get(request.stop)?.abort();
  else void answer(request);
});
// Ctrl-C is for the process that started this one, which ends it.
process.on('SIGINT', () => {});
process.on('disconnect', () => {
  rmSync(scratch, { recursive: true, force: true });
  process.kill(process.pid, 'SIGKILL');
});

// This thread may be busy for good when the other process ends.
new Worker(
  `setInterval(() => { if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL'); }, 1000);`,
  { eval: true },
).unref();

async function answer({ call, engine, ask }: Extract<Request, { call: number }>): Promise<void> {
  const stop = new AbortController();
  running.set(call, stop);
  const outcome: Outcome = await carryOut(engine, ask, stop.signal).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: plainError(error) }),
  );
  running.delete(call);
  const reply: Reply = { call, ...outcome };
  process.send?.(reply);
}

async function carryOut(
  id: number,
  ask: Extract<Request, { call: number }>['ask'],
  signal: AbortSignal,
): Promise<unknown> {
  if (ask.do === 'open') {
    const opened = await openEngineHere(ask.files, ask.options, scratch);
    engines.set(id, opened);
    const { loaded, notRead } = opened;
    return { loaded, notRead };
  }
  const engine = engines.get(id);
  if (!engine) throw closed();
  switch (ask.do) {
    case 'run':
      return engine.run(ask.query, { ...ask, signal });
    case 'explain':
      return engine.explain(ask.query, ask.at);
    case 'append':
      return engine.append(ask.table, ask.rows, ask.options);
    case 'close':
      engines.delete(id);
      return engine.close();
  }
}
