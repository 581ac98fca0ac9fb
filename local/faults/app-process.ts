import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type AppUnderFault, type Order, openApp, type Said } from './app-under-fault.ts';

/** The app in a process of its own, which can be killed. */
export interface AppProcess extends AppUnderFault {
  kill(): void;
}

type Answer = { url: string } | { said: Said };

export async function startAppProcess(env: Record<string, string>): Promise<AppProcess> {
  const child = fork(join(import.meta.dirname, 'app-process.ts'), ['--app-under-fault'], {
    env: { ...process.env, APP_UNDER_FAULT: JSON.stringify(env) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const next = async (): Promise<Answer | undefined> => {
    const ended = once(child, 'exit').then(() => undefined);
    return Promise.race([once(child, 'message').then(([message]) => message as Answer), ended]);
  };
  const ready = await next();
  return {
    url: ready && 'url' in ready ? ready.url : '',
    async run(order) {
      child.send(order);
      const answer = await next();
      return answer && 'said' in answer ? answer.said : { reports: [], error: 'it was killed' };
    },
    kill: () => void child.kill('SIGKILL'),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

if (process.argv[2] === '--app-under-fault') {
  const app = await openApp(JSON.parse(process.env.APP_UNDER_FAULT ?? '{}'));
  process.on('message', (order: Order) => {
    void app.run(order).then((said) => process.send?.({ said }));
  });
  process.send?.({ url: app.url });
}
