import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startProxy } from '../../../local/faults/start-proxy.ts';

test('when the app hangs up before a body that never ends begins, then nothing keeps the process alive', async () => {
  const intervals = jest.spyOn(globalThis, 'setInterval');
  const other = createServer((_, response) => setTimeout(() => response.end('{}'), 300)).listen(
    0,
    '127.0.0.1',
  );
  await once(other, 'listening');
  const proxy = await startProxy(`http://127.0.0.1:${(other.address() as AddressInfo).port}`, {
    meet: () => ({ what: 'endless' }),
    kill: () => undefined,
    meanwhile: () => Promise.resolve(),
  });
  try {
    await expect(fetch(proxy.url, { signal: AbortSignal.timeout(100) })).rejects.toThrow();
    await new Promise((done) => setTimeout(done, 500));
    expect(intervals).not.toHaveBeenCalled();
  } finally {
    await proxy.close();
    other.close();
    intervals.mockRestore();
  }
});
