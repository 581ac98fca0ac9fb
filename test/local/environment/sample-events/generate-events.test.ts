import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { schemaOf } from 'kql-workspace/documented-columns.ts';
import { checkout } from '../../../../local/environment/checkout.ts';
import { committedSample, sampleNow } from '../../../../local/environment/sample-events/committed-sample.ts';
import {
  generateEvents,
  type SampleEvent,
} from '../../../../local/environment/sample-events/generate-events.ts';
import { hostileDeviceNames } from '../../../../local/environment/sample-events/hostile-text.ts';
import { makeRow } from '../../../../local/environment/sample-events/make-row.ts';
import { sampleServerIps } from '../../../../local/environment/sample-events/stories.ts';
import { scenarios } from '../../../../local/environment/sample-events/story.ts';

const now = new Date('2026-06-05T12:00:00Z');
const day = 24 * 60 * 60 * 1000;
const events = generateEvents({ now });
const labelled = (label: SampleEvent['label']) => events.filter((event) => event.label === label);

test('the same seed and time give the same events, another seed or time others', () => {
  const at = (seed: number, time: Date) => JSON.stringify(generateEvents({ seed, now: time }));

  expect(at(1, now)).toBe(JSON.stringify(events));
  expect(at(2, now)).not.toBe(JSON.stringify(events));
  expect(at(1, new Date(now.getTime() + 1))).not.toBe(JSON.stringify(events));
});

test('at a later time the same devices do the same, so that nothing of it is new', () => {
  const things = (list: SampleEvent[]) =>
    list.map(({ label, row }) => `${label} ${row.DeviceId} ${row.RemoteUrl}`).sort();

  expect(things(generateEvents({ now: new Date(now.getTime() + 3 * day) }))).toEqual(things(events));
});

test.each([
  ['defender-xdr', 'Timestamp', 'TimeGenerated'],
  ['log-analytics', 'TimeGenerated', 'Timestamp'],
] as const)(
  'in %s every row has the documented columns, no other, and their types',
  (flavour, time, other) => {
    for (const { table, row } of generateEvents({ now, flavour })) {
      const columns = Object.fromEntries(
        (schemaOf(flavour).get(table) ?? []).map(({ name, type }) => [name, type]),
      );
      expect(Object.keys(row)).toEqual(Object.keys(columns));
      expect(row).not.toHaveProperty(other);
      expect(Date.parse(String(row[time]))).toBeLessThan(now.getTime());
      for (const [column, value] of Object.entries(row)) {
        if (value === null) continue;
        const type = { string: 'string', dynamic: 'string', datetime: 'string', bool: 'boolean' }[
          columns[column] ?? ''
        ];
        expect([column, typeof value]).toEqual([column, type ?? 'number']);
      }
    }
  },
);

test('the flavours tell the same story', () => {
  const story = (flavour: 'defender-xdr' | 'log-analytics') =>
    generateEvents({ now, flavour }).map(({ label, sighting, row }) => ({
      label,
      sighting,
      id: row.ReportId,
      device: row.DeviceId,
      url: row.RemoteUrl,
    }));

  expect(story('log-analytics')).toEqual(story('defender-xdr'));
});

/** The brief's query over one row, written from KQL's rules for `has` and not with the engine under test. */
function briefsQueryReturns({ table, row }: SampleEvent): boolean {
  const has = (text: unknown, ...terms: string[]) =>
    terms.some((term) =>
      new RegExp(`(^|[^a-z0-9])${term.replaceAll('.', '\\.')}($|[^a-z0-9])`, 'i').test(String(text ?? '')),
    );
  const at = Date.parse(String(row.Timestamp));
  return (
    table === 'DeviceNetworkEvents' &&
    at >= now.getTime() - 5 * day &&
    at <= now.getTime() &&
    has(row.RemoteUrl, 'prod.addigy.com', 'grtmprod.addigy.com', 'agents.addigy.com') &&
    has(
      row.InitiatingProcessFileName,
      'go-agent',
      'auditor',
      'collector',
      'xpcproxy',
      'lan-cache',
      'mdmclient',
      'launchd',
    ) &&
    (row.InitiatingProcessVersionInfoCompanyName ?? '') === ''
  );
}

test('for any seed, what is called a sighting is one, and nothing else is', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      for (const event of generateEvents({ seed, now, noise: 30 })) {
        expect({ ...event, sighting: briefsQueryReturns(event) }).toEqual(event);
      }
    }),
    { numRuns: 20 },
  );
});

test('every scenario of the brief is there, with each process it names', () => {
  const processes = (label: SampleEvent['label']) =>
    labelled(label)
      .map(({ row }) => row.InitiatingProcessFileName)
      .filter((name) => String(name).endsWith('.exe'));

  expect(Object.fromEntries(scenarios.map((scenario) => [scenario, processes(scenario).sort()]))).toEqual({
    'scheduled-updates': ['Update.exe', 'WindowsUpdate.exe'],
    'management-server': ['AddigyAgent.exe'],
    'remote-desktop': ['RemoteDesktop.exe', 'mstsc.exe'],
    'inventory-jobs': ['AddigyInventory.exe', 'AddigyLogCollector.exe'],
    'third-party-tools': ['IntuneSync.exe'],
  });
});

test.each([
  ['management-server', 'ADDIGY_MANAGEMENT_SERVER_IPS'],
  ['third-party-tools', 'INTUNE_MANAGEMENT_SERVER_IPS'],
] as const)(
  "%s has a sighting of the brief's query for each address in %s, and no other event goes there",
  (scenario, setting) => {
    const addresses = sampleServerIps[setting].split(',');
    const there = events.filter(({ row }) => addresses.includes(String(row.RemoteIP)));

    expect(there.map(({ row }) => row.RemoteIP).sort()).toEqual([...addresses].sort());
    expect(there.every(({ label, sighting }) => label === scenario && sighting)).toBe(true);
  },
);

test('a device changes its name and keeps its id', () => {
  const rows = labelled('renamed').map(({ row }) => row);

  expect(new Set(rows.map(({ DeviceId }) => DeviceId)).size).toBe(1);
  expect(new Set(rows.map(({ DeviceName }) => DeviceName)).size).toBe(2);
});

test('hostile names come whole, the longest with 2,000 characters', () => {
  const names = labelled('hostile').map(({ row }) => row.DeviceName);

  expect(names).toEqual(expect.arrayContaining(Object.values(hostileDeviceNames)));
  expect(hostileDeviceNames.long).toHaveLength(2_000);
});

test('report ids repeat across devices and never within one', () => {
  const ids = events.map(({ row }) => row.ReportId);
  const withDevice = events.map(({ row }) => `${row.DeviceId} ${row.ReportId}`);

  expect(new Set(ids).size).toBeLessThan(ids.length);
  expect(new Set(withDevice).size).toBe(withDevice.length);
});

test('a column that no documentation knows is refused', () => {
  expect(() => makeRow('DeviceNetworkEvents', 'defender-xdr', { at: now, RemoteURL: 'x' })).toThrow(
    'DeviceNetworkEvents has no column RemoteURL',
  );
});

test('the committed file is what the generator makes, with the marks of a Defender export', async () => {
  const file = join(checkout, 'local/environment/sample-events/device-network-events.csv');
  const text = await readFile(file, 'utf8');

  expect(text).toBe(committedSample());
  expect(text.startsWith('\ufeffTimestamp,DeviceId,DeviceName,')).toBe(true);
  expect(text).toContain('"5/28/2026, 12:00:00 PM"');
  expect(sampleNow).toEqual(now);
});
