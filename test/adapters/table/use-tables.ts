import { lazyTable } from '../../../functions/adapters/table/table.ts';
import { startTableService, type TableService } from '../../../local/environment/azurite.ts';

/** A storage for the tests of a file; `newTable` gives each of them a table of its own. */
export function useTables(options: Parameters<typeof startTableService>[0] = {}) {
  let service: TableService;
  let tables = 0;
  beforeAll(async () => {
    service = await startTableService(options);
  });
  afterAll(() => service.close());
  return () =>
    lazyTable(
      { kind: 'connection-string', connectionString: service.connectionString },
      `test${tables++}`,
      () => Promise.reject(new Error('no identity')),
    );
}
