import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Measure } from './measure.ts';
import { timed } from './time-in-turns.ts';

/** A process of its own, from its start until it listens, and from there to the answers of the first queries. */
export async function benchStart(events: string, query: string, now: Date): Promise<readonly Measure[]> {
  const started = performance.now();
  const serve = join(import.meta.dirname, '../../kql-workspace/src/serve.ts');
  const options = ['--events', events, '--port', '0', '--now', now.toISOString()];
  const server = spawn(process.execPath, [serve, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let address: string | undefined;
    for await (const text of createInterface(server.stdout)) {
      address = /^http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
      if (address) break;
    }
    if (!address) throw new Error('the workspace did not start');
    const listens = performance.now() - started;
    const ask = () =>
      fetch(`${address}/v1/workspaces/local/query`, { method: 'POST', body: JSON.stringify({ query }) });
    const first = await timed(ask);
    if (first.value.status !== 200) throw new Error(await first.value.text());
    const second = await timed(ask);
    return [
      { what: 'workspace: process started until it listens', value: listens, unit: 'ms' },
      { what: 'workspace: the hunt, asked at once over HTTP', value: first.ms, unit: 'ms' },
      { what: 'workspace: the hunt, asked again', value: second.ms, unit: 'ms' },
    ];
  } finally {
    server.kill();
  }
}
