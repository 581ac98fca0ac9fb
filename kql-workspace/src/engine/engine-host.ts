import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { type Ask, closed, ended, type Outcome, plainError, type Reply, type Request } from './messages.ts';

/**
 * Engines live in a process of their own. What is asked to stop and does not (a translation that goes on for ever, a
 * statement that DuckDB plans for ever, TypeScript that DuckDB calls) is ended with the process. Another one opens the
 * engines again when they are next asked, and what else was under way is asked once more.
 */

/** How long what is to stop may take to do so. In ms. */
const STOPS_WITHIN = 2000;

/** How often the same may be asked of processes that end over it. */
const MAX_ATTEMPTS = 2;

/** An engine as it can be opened at any time: the asks that made it what it is. */
interface EngineRecord {
  readonly id: number;
  readonly made: Ask[];
  /** The process that it is open in, and what came of the opening. */
  closed?: true;
  open?: { readonly process: EngineProcess; readonly outcome: Promise<Outcome | 'ended'> };
}

class EngineHost {
  private process: EngineProcess | undefined;
  private engines = 0;

  record(open: Ask): EngineRecord {
    return { id: ++this.engines, made: [open] };
  }

  /** What comes of opening the engine. */
  async open(record: EngineRecord): Promise<Outcome> {
    return this.attempt((process) => opened(process, record));
  }

  async ask(record: EngineRecord, ask: Ask, signal?: AbortSignal): Promise<Outcome> {
    const outcome = await this.attempt(async (process) => {
      if (record.closed) return { error: plainError(closed()) };
      const opening = await opened(process, record);
      if (opening === 'ended' || 'error' in opening) return opening;
      return process.ask(record.id, ask, signal);
    });
    if (ask.do === 'append' && 'value' in outcome) record.made.push(ask);
    return outcome;
  }

  async close(record: EngineRecord): Promise<void> {
    record.closed = true;
    const process = record.open?.process;
    if (process && !process.hasEnded) {
      await process.ask(record.id, { do: 'close' }, AbortSignal.timeout(STOPS_WITHIN));
    }
  }

  private async attempt(ask: (process: EngineProcess) => Promise<Outcome | 'ended'>): Promise<Outcome> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (!this.process || this.process.hasEnded) this.process = new EngineProcess();
      const outcome = await ask(this.process);
      if (outcome !== 'ended') return outcome;
    }
    return { error: plainError(ended('execution', 'The process that the query ran in ended.')) };
  }
}

/** Opens the engine in the process, unless it is open there. */
function opened(process: EngineProcess, record: EngineRecord): Promise<Outcome | 'ended'> {
  if (record.open?.process !== process) record.open = { process, outcome: openIn(process, record) };
  return record.open.outcome;
}

async function openIn(process: EngineProcess, { id, made }: EngineRecord): Promise<Outcome | 'ended'> {
  let first: Outcome | undefined;
  for (const ask of [...made]) {
    const outcome = await process.ask(id, ask);
    if (outcome === 'ended' || 'error' in outcome) return outcome;
    first ??= outcome;
  }
  return first ?? { value: undefined };
}

/** The process, and what it is asked. */
class EngineProcess {
  hasEnded = false;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (outcome: Outcome | 'ended') => void>();
  private calls = 0;

  constructor() {
    const scratch = mkdtempSync(join(tmpdir(), 'workspace-'));
    this.child = fork(join(import.meta.dirname, 'engine-process.ts'), [scratch], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const gone = (): void => {
      this.end();
      rmSync(scratch, { recursive: true, force: true });
    };
    this.child.once('exit', gone).once('error', gone);
    this.child.on('message', ({ call, ...outcome }: Reply) => this.settle(call, outcome));
    this.holdOpen();
  }

  ask(engine: number, ask: Ask, signal?: AbortSignal): Promise<Outcome | 'ended'> {
    const call = ++this.calls;
    if (signal?.aborted) return Promise.resolve(STOPPED);
    const { promise, resolve } = Promise.withResolvers<Outcome | 'ended'>();
    this.waiting.set(call, resolve);
    this.holdOpen();
    this.send({ call, engine, ask });
    let patience: NodeJS.Timeout | undefined;
    const stop = (): void => {
      this.send({ stop: call });
      patience = setTimeout(() => {
        this.settle(call, STOPPED);
        this.end();
      }, STOPS_WITHIN);
    };
    signal?.addEventListener('abort', stop, { once: true });
    return promise.finally(() => {
      signal?.removeEventListener('abort', stop);
      clearTimeout(patience);
    });
  }

  private send(request: Request): void {
    if (this.hasEnded) this.end();
    else
      this.child.send(request, (error) => {
        if (error) this.end();
      });
  }

  /** Ends the process; what it was asked learns of it. */
  private end(): void {
    this.hasEnded = true;
    this.child.kill('SIGKILL');
    for (const call of [...this.waiting.keys()]) this.settle(call, 'ended');
  }

  private settle(call: number, outcome: Outcome | 'ended'): void {
    this.waiting.get(call)?.(outcome);
    this.waiting.delete(call);
    this.holdOpen();
  }

  /** The process keeps this one alive only while it is asked something. */
  private holdOpen(): void {
    const how = this.waiting.size > 0 ? 'ref' : 'unref';
    this.child[how]();
    this.child.channel?.[how]();
  }
}

const STOPPED: Outcome = { error: plainError(ended('stopped', 'The query was stopped.')) };

/**
 * The host of this process, in its own global object: every jest test file has a global object and modules of its own,
 * and this way they share the process with its warm parser.
 */
export function engineHost(): EngineHost {
  const shared = runInThisContext('globalThis') as { kqlEngineHost?: EngineHost };
  shared.kqlEngineHost ??= new EngineHost();
  return shared.kqlEngineHost;
}
