import type { TableClient } from '@azure/data-tables';
import { tableHuntState } from '../../../functions/adapters/table/hunt-state.ts';
import { tableOutbox } from '../../../functions/adapters/table/outbox.ts';
import { lazyTable } from '../../../functions/adapters/table/table.ts';
import { planRun } from '../../../functions/domain/hunting/plan-run.ts';
import { toSightings } from '../../../functions/domain/hunting/sighting.ts';
import { startTableService, type TableService } from '../../../local/environment/azurite.ts';
import { compiled, daysAgo, evidence, facts, hunt, now, tableOf, workspace } from '../../examples.ts';
import rows from './fixtures/memory-of-0.1.json' with { type: 'json' };

/** Rows as version 0.1 wrote them: a device that is known, one that is hidden, and a message that waits. */

let service: TableService;
let client: TableClient;
const scope = { hunt, workspace };
beforeAll(async () => {
  service = await startTableService();
  client = await newTable()();
  for (const { dates, ...row } of rows)
    await client.createEntity({
      ...row,
      ...Object.fromEntries(Object.entries(dates ?? {}).map(([name, iso]) => [name, new Date(String(iso))])),
    } as { partitionKey: string; rowKey: string });
});
afterAll(() => service.close());
const newTable = () =>
  lazyTable({ kind: 'connection-string', connectionString: service.connectionString }, 'memory', () =>
    Promise.reject(new Error('no identity')),
  );

const row = (device: string) => ({
  DeviceId: device,
  DeviceName: `${device}.example`,
  RemoteUrl: 'prod.addigy.com',
});
const see = (...devices: string[]) =>
  toSightings(tableOf(devices.map(row)), { file: hunt.file, compiled: compiled() }, now);

test('then keys and ids of findings are those that it gave', () => {
  const [known, hidden] = see('mac-1', 'mac-2');
  expect([known?.deviceKey, known?.key, hidden?.deviceKey, hidden?.key]).toEqual([
    ...String(rows[2]?.rowKey).split('|').slice(1),
    ...String(rows[3]?.rowKey).split('|').slice(1),
  ]);
  const plan = planRun(facts({ evidence: evidence({ visible: see('mac-3') }) }));
  // Of the hunt, the workspace, the identity, the kind, and when it was seen before.
  expect(plan.findings.map(({ id }) => id)).toEqual(['08b723d6df37451dd70dcdf3a65294ed']);
});

test('then what it remembers is remembered: nothing is told again, and what was hidden is hidden', async () => {
  const { progress, recall } = await tableHuntState(newTable()).peek(scope);
  expect(progress).toEqual({ baselineAt: daysAgo(20), watermark: daysAgo(0.5) });
  const seen = await recall(see('mac-1', 'mac-2'));
  expect([...seen.values()].map(({ hiddenUnder, visibleSince }) => [hiddenUnder, visibleSince])).toEqual(
    expect.arrayContaining([
      [undefined, daysAgo(20)],
      [['lab:AAAAAAAAAAAA', 'kiosk:BBBBBBBBBBBB'], undefined],
    ]),
  );
  const set = ['lab:AAAAAAAAAAAA', 'kiosk:BBBBBBBBBBBB'];
  const [known, hidden] = see('mac-1', 'mac-2');
  const plan = planRun(
    facts({
      progress,
      seen,
      exclusionSet: set,
      evidence: evidence({ visible: known ? [known] : [], hidden: hidden ? [hidden] : [] }),
    }),
  );
  expect(plan.findings).toEqual([]);
  expect(plan.arrears?.owed).toEqual([]);
});

test('then a message that waits still goes out', async () => {
  expect((await tableOutbox(newTable()).pending()).map(({ message }) => message.id)).toEqual([
    '20261124T000000Z-0a1b2c3d.findings.1',
  ]);
});
