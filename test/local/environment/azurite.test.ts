import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TableClient } from '@azure/data-tables';
import { startTableService, type TableService } from '../../../local/environment/azurite.ts';

const open: TableService[] = [];
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tables-'));
});
afterEach(async () => {
  for (const service of open.splice(0)) await service.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(options: Parameters<typeof startTableService>[0] = {}): Promise<TableService> {
  const service = await startTableService(options);
  open.push(service);
  return service;
}

function clientOf({ connectionString }: Pick<TableService, 'connectionString'>): TableClient {
  return TableClient.fromConnectionString(connectionString, 'hunter', { allowInsecureConnection: true });
}

async function rowKeys(service: TableService): Promise<string[]> {
  const keys: string[] = [];
  for await (const { rowKey } of clientOf(service).listEntities()) keys.push(rowKey ?? '');
  return keys;
}

test('in memory, nothing outlives it', async () => {
  const first = await start();
  await clientOf(first).createTable();
  await clientOf(first).createEntity({ partitionKey: 'p', rowKey: 'r' });
  expect(await rowKeys(first)).toEqual(['r']);

  await expect(rowKeys(await start())).rejects.toMatchObject({ statusCode: 404 });
});

test('with a folder, what was written is there after a close', async () => {
  const first = await start({ dataDir });
  await clientOf(first).createTable();
  await clientOf(first).upsertEntity({ partitionKey: 'p', rowKey: 'r', DeviceName: 'mac "01" 🍎' });
  await open.pop()?.close();

  const entity = await clientOf(await start({ dataDir })).getEntity('p', 'r');
  expect(entity).toMatchObject({ DeviceName: 'mac "01" 🍎' });
});

test('with a folder, every write that was answered is there after a SIGKILL, and a transaction whole', async () => {
  const script = join(dataDir, 'serve.ts');
  await writeFile(
    script,
    `import { startTableService } from ${JSON.stringify(join(import.meta.dirname, '../../../local/environment/azurite.ts'))};
     process.send(await startTableService({ dataDir: ${JSON.stringify(join(dataDir, 'data'))} }));`,
  );
  const child = fork(script, { execArgv: [], stdio: 'inherit' });
  const [{ connectionString }] = (await once(child, 'message')) as [TableService];
  const client = clientOf({ connectionString });
  await client.createTable();
  await client.createEntity({ partitionKey: 'p', rowKey: 'deleted' });
  await client.createEntity({ partitionKey: 'p', rowKey: 'single', n: 1 });
  await client.updateEntity({ partitionKey: 'p', rowKey: 'single', n: 2 }, 'Merge');
  await client.deleteEntity('p', 'deleted');
  await client.submitTransaction(
    ['a', 'b', 'c'].map((rowKey) => ['create', { partitionKey: 'p', rowKey: `transaction-${rowKey}` }]),
  );
  child.kill('SIGKILL');
  await once(child, 'exit');

  const service = await start({ dataDir: join(dataDir, 'data') });
  expect((await rowKeys(service)).sort()).toEqual([
    'single',
    'transaction-a',
    'transaction-b',
    'transaction-c',
  ]);
  expect(await clientOf(service).getEntity('p', 'single')).toMatchObject({ n: 2 });
});

test('a transaction that fails leaves nothing, on disk either', async () => {
  const first = await start({ dataDir });
  await clientOf(first).createTable();
  await clientOf(first).createEntity({ partitionKey: 'p', rowKey: 'there' });
  const transaction = clientOf(first).submitTransaction([
    ['create', { partitionKey: 'p', rowKey: 'new' }],
    ['create', { partitionKey: 'p', rowKey: 'there' }],
  ]);
  await expect(transaction).rejects.toMatchObject({ statusCode: 409 });
  await clientOf(first).createEntity({ partitionKey: 'p', rowKey: 'later' });
  await open.pop()?.close();

  expect((await rowKeys(await start({ dataDir }))).sort()).toEqual(['later', 'there']);
});

test('a port that is taken is an error with its code', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;

  await expect(startTableService({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  other.close();
});
