import { documentedTables, schemaOf } from '../src/documented-columns.ts';
import { bindKql } from '../src/parse.ts';
import { dateToTicks } from '../src/values/time-text.ts';
import { openEngine, type QueryEngine } from '../src/workspace.ts';
import { emptyEngine, NOW, rowsOf } from './kql.ts';

const kql = emptyEngine();

describe('documented tables', () => {
  test('all of Log Analytics and of Defender are there, empty', async () => {
    expect(schemaOf('log-analytics').size).toBe(920);
    expect(schemaOf('defender-xdr').size).toBe(62);
    for (const table of ['SigninLogs', 'SecurityEvent', 'CommonSecurityLog', 'DeviceTvmSoftwareInventory']) {
      expect([table, await kql.rows(`${table} | where TimeGenerated > ago(1d) | count`)]).toEqual([
        table,
        [{ Count: 0n }],
      ]);
    }
  });

  test('one in twenty of them, asked for a row, has the documented columns', async () => {
    const names = [...documentedTables().keys()].filter((_name, index) => index % 20 === 0);
    for (const table of names) {
      const { columns } = await kql.run(`${table} | take 1`);
      expect([table, columns]).toEqual([table, documentedTables().get(table)]);
    }
  });

  test('a name that no table has is an error', () => {
    expect(bindKql('SignInLogs | count', 'log-analytics')).toMatchObject([
      { code: 'KS204', severity: 'Error' },
    ]);
  });

  test('a fuzzy union over a table that does not exist is a warning, and the query runs', async () => {
    const query = 'union isfuzzy=true SigninLogs, NotATable_CL | count';
    expect(bindKql(query, 'log-analytics')).toMatchObject([{ code: 'KS205', severity: 'Warning' }]);
    expect(await kql.rows(query)).toEqual([{ Count: 0n }]);
  });
});

describe('tables with rows', () => {
  let engine: QueryEngine;
  beforeAll(async () => {
    engine = await openEngine(new Map(), () => dateToTicks(NOW));
    await engine.append('SigninLogs', [{ TimeGenerated: '2025-06-01T00:00:00Z', AppDisplayName: 'evil' }]);
    await engine.append('Own_CL', [{ TimeGenerated: '2025-06-02T00:00:00Z', text: 'evil' }]);
  });
  afterAll(() => engine.close());

  test('search looks into them all', async () => {
    expect(await rowsOf(engine, 'search "evil" | summarize count() by $table | sort by $table asc')).toEqual([
      { $table: 'Own_CL', count_: 1n },
      { $table: 'SigninLogs', count_: 1n },
    ]);
  });

  test('union * takes them, and those that the query names besides', async () => {
    expect(
      await rowsOf(engine, 'union withsource=Source * | summarize count() by Source | sort by Source asc'),
    ).toEqual([
      { Source: 'Own_CL', count_: 1n },
      { Source: 'SigninLogs', count_: 1n },
    ]);
    expect(await rowsOf(engine, 'union *, DeviceInfo | project DeviceName | distinct DeviceName')).toEqual([
      { DeviceName: '' },
    ]);
  });

  test('a pattern also covers documented tables without rows', async () => {
    expect(
      await rowsOf(
        engine,
        'union Sign*, Device* | where isnotempty(AppDisplayName) | project AppDisplayName',
      ),
    ).toEqual([{ AppDisplayName: 'evil' }]);
  });
});

describe('events that arrive late', () => {
  const event = { TimeGenerated: '2025-06-10T01:00:00Z', DeviceId: 'd' };
  const QUERY =
    'DeviceNetworkEvents | project TimeGenerated, received = ingestion_time() | sort by received asc';

  async function received(append: (engine: QueryEngine) => Promise<void>): Promise<unknown[]> {
    const engine = await openEngine(new Map(), () => dateToTicks(NOW));
    try {
      await append(engine);
      return (await rowsOf(engine, QUERY)).map((row) => row.received);
    } finally {
      await engine.close();
    }
  }

  test('without a word about it, a row was ingested at its own time', async () => {
    expect(await received((engine) => engine.append('DeviceNetworkEvents', [event]))).toEqual([
      '2025-06-10T01:00:00Z',
    ]);
  });

  test('rows may be appended with their time of ingestion', async () => {
    const ingestedAt = new Date('2025-06-10T09:30:00Z');
    const times = await received(async (engine) => {
      await engine.append('DeviceNetworkEvents', [event], { ingestedAt });
      await engine.append('DeviceNetworkEvents', [event]);
    });
    expect(times).toEqual(['2025-06-10T01:00:00Z', '2025-06-10T09:30:00Z']);
  });

  test('the column _IngestionTime says it row by row, and no query sees the column', async () => {
    const times = await received((engine) =>
      engine.append('DeviceNetworkEvents', [{ ...event, _IngestionTime: '2025-06-10T11:00:00Z' }, event]),
    );
    expect(times).toEqual(['2025-06-10T01:00:00Z', '2025-06-10T11:00:00Z']);
    await expect(kql.run('DeviceNetworkEvents | project _IngestionTime')).rejects.toMatchObject({
      kind: 'semantic',
    });
  });
});

test('every table of Log Analytics has its TimeGenerated', () => {
  const without = [...schemaOf('log-analytics')].filter(
    ([, columns]) => !columns.some(({ name, type }) => name === 'TimeGenerated' && type === 'datetime'),
  );
  expect(without.map(([table]) => table)).toEqual([]);
});
