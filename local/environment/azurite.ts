import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface TableService {
  /** For `TableClient.fromConnectionString` with `allowInsecureConnection`. */
  connectionString: string;
  /** `http://127.0.0.1:PORT/devstoreaccount1` */
  url: string;
  close(): Promise<void>;
}

/** The parts of Azurite that are used here. They are internal, so its version is pinned. */
interface AzuriteTableServer {
  httpServer: Server;
  metadataStore: Record<StoreMethod, (...args: unknown[]) => Promise<unknown>> & {
    saveDBState(): Promise<void>;
    close(): Promise<void>;
  };
  start(): Promise<void>;
  close(): Promise<void>;
}
type StoreMethod = (typeof writes)[number] | 'beginBatchTransaction' | 'endBatchTransaction';

/** Every method of Azurite's store that changes it, except for those that only call one of these. */
const writes = [
  'createTable',
  'deleteTable',
  'setTableACL',
  'setServiceProperties',
  'insertTableEntity',
  'updateTableEntity',
  'mergeTableEntity',
  'deleteTableEntity',
] as const;

// Azurite's well-known development account: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
const account = 'devstoreaccount1';
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Starts Azurite's table service in this process. Without `dataDir` it lives in memory.
 *
 * With `dataDir` a write is answered only when it is in the file there, so what was acknowledged outlives the end of the process, SIGKILL
 * included (not a power cut: there is no fsync), and an entity-group transaction is there whole or not at all. Azurite by itself writes
 * every five seconds. One process at a time may use a folder.
 *
 * @throws Error with `code` `EADDRINUSE` when the port is taken
 */
export async function startTableService({
  dataDir,
  port = 0,
  clock,
}: {
  dataDir?: string;
  port?: number;
  /** What the `Date` of its answers says; default the real time. */
  clock?: () => Date;
} = {}): Promise<TableService> {
  if (dataDir) await mkdir(dataDir, { recursive: true });
  const server = newTableServer(port, dataDir);
  if (clock) datedBy(server.httpServer, clock);
  if (dataDir) saveBeforeAnswering(server.metadataStore);
  try {
    await server.start();
  } catch (error) {
    await server.metadataStore.close();
    throw error;
  }
  const { port: actualPort } = server.httpServer.address() as AddressInfo;
  const url = `http://127.0.0.1:${actualPort}/${account}`;
  return {
    url,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};TableEndpoint=${url};`,
    close: () => server.close(),
  };
}

function newTableServer(port: number, dataDir: string | undefined): AzuriteTableServer {
  const require = createRequire(import.meta.url);
  const { default: TableConfiguration } = require('azurite/dist/src/table/TableConfiguration.js');
  const { default: TableServer } = require('azurite/dist/src/table/TableServer.js');
  const configuration = new TableConfiguration(
    '127.0.0.1',
    port,
    5, // keep-alive seconds, Azurite's default
    dataDir && join(dataDir, 'table-storage.json'),
    false, // debug log
    false, // access log
  );
  configuration.isMemoryPersistence = !dataDir;
  // A newer SDK may speak a newer API version than this Azurite knows by name.
  configuration.skipApiVersionCheck = true;
  return new TableServer(configuration);
}

function datedBy(server: Server, clock: () => Date): void {
  server.prependListener('request', (_request, response) => {
    response.sendDate = false;
    response.setHeader('Date', clock().toUTCString());
    const { setHeader } = response;
    response.setHeader = (name, value) =>
      name.toLowerCase() === 'date' ? response : setHeader.call(response, name, value);
  });
}

/** A transaction runs without I/O inside Azurite, so saving at its end alone never writes half of one. */
function saveBeforeAnswering(store: AzuriteTableServer['metadataStore']): void {
  let transactions = 0;
  const after = (method: StoreMethod, then: () => Promise<void> | void) => {
    const original = store[method].bind(store);
    store[method] = async (...args) => {
      const result = await original(...args);
      await then();
      return result;
    };
  };
  for (const method of writes) {
    after(method, () => (transactions > 0 ? undefined : store.saveDBState()));
  }
  after('beginBatchTransaction', () => {
    transactions++;
  });
  after('endBatchTransaction', () => {
    transactions--;
    return store.saveDBState();
  });
}
