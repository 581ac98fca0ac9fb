import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Invocation, TelemetryRecords } from '../../../functions/domain/to-telemetry.ts';

export interface Sending {
  number: number;
  target: { connectionString: string; managedIdentityClientId?: string };
  records: TelemetryRecords;
  invocation: Invocation;
}

/** `isLoaded`: whether the process has loaded `applicationinsights` by then. */
export interface Outcome {
  number: number;
  problem?: string | undefined;
  ms: number;
  isLoaded: boolean;
}

/** Sends from a process of its own: the SDK's state, what is loaded, and the trust in a certificate belong to a process. `env` is all its environment. */
export function startSender(env: Record<string, string>) {
  const child = fork(join(import.meta.dirname, 'sender.ts'), { env, execArgv: [] });
  let sent = 0;
  return {
    async send(sending: Omit<Sending, 'number'>): Promise<Outcome> {
      const number = sent++;
      child.send({ number, ...sending });
      for (;;) {
        const [outcome] = (await once(child, 'message')) as [Outcome];
        if (outcome.number === number) return outcome;
      }
    },
    /** At once, like a worker that is taken away after its invocation. */
    kill: () => child.kill('SIGKILL'),
  };
}
