import type { CompiledHunt } from '../../../functions/domain/hunting/compiled-hunt.ts';
import type { Column, Row } from '../../../functions/domain/hunting/result-table.ts';
import {
  changedTypes,
  defaultIdentity,
  labelsOf,
  toSightings,
  UnreadableIdentity,
} from '../../../functions/domain/hunting/sighting.ts';
import { compiled, now, tableOf } from '../../examples.ts';

const columns: Column[] = [
  { name: 'DeviceId', type: 'string' },
  { name: 'DeviceName', type: 'string' },
  { name: 'RemoteUrl', type: 'string' },
  { name: 'FirstSeen', type: 'datetime' },
  { name: 'LastSeen', type: 'datetime' },
  { name: 'Report', type: 'dynamic' },
  { name: 'Count', type: 'long' },
];
const at = (hour: number) => new Date(Date.UTC(2026, 10, 24, hour));
const row = (change: Row = {}): Row => ({
  DeviceId: 'd1',
  DeviceName: 'mac-1',
  RemoteUrl: 'prod.addigy.com',
  FirstSeen: at(1),
  LastSeen: at(2),
  Report: '[1,2]',
  Count: 3,
  ...change,
});
const see = (rows: Row[], identity?: string[], shape = columns) =>
  toSightings(tableOf(rows, shape), { file: 'hunts/a.yaml', compiled: compiledOver(shape, identity) }, now);

/** As a hunt with these columns is compiled. */
function compiledOver(shape: Column[], identity?: string[]): CompiledHunt {
  const names = identity ?? defaultIdentity(shape);
  const labels = identity ? [] : labelsOf(shape).map(([name, of]) => ({ name, of }));
  return compiled({ identity: names.map((name) => ({ name, type: 'string' })), labels });
}

test('when a hunt names no identity, then it is the text columns without the labels', () => {
  expect(see([row()])).toMatchObject([
    {
      identity: { DeviceId: 'd1', RemoteUrl: 'prod.addigy.com' },
      device: { id: 'd1', name: 'mac-1' },
      firstSeen: at(1),
      lastSeen: at(2),
      count: 3,
    },
  ]);
});

test('when a row has no DeviceId column, then the device name is no label but the identity', () => {
  const shape = columns.filter(({ name }) => name !== 'DeviceId');
  expect(see([{ DeviceName: 'mac-1', RemoteUrl: 'x' }], undefined, shape)).toMatchObject([
    { identity: { DeviceName: 'mac-1', RemoteUrl: 'x' }, device: { name: 'mac-1' } },
  ]);
});

test('when a device was renamed, then its rows are one sighting under the newer name', () => {
  const renamed = row({ DeviceName: 'mac-new', FirstSeen: at(3), LastSeen: at(4), Count: 5 });
  for (const rows of [
    [row(), renamed],
    [renamed, row()],
  ]) {
    expect(see(rows)).toMatchObject([
      { device: { id: 'd1', name: 'mac-new' }, firstSeen: at(1), lastSeen: at(4), count: 8 },
    ]);
  }
});

test.each([
  ['a null URL and an empty one', row({ RemoteUrl: null }), row({ RemoteUrl: '' }), 1],
  ['two devices', row(), row({ DeviceId: 'd2' }), 2],
  [
    'values that only look alike when joined',
    row({ DeviceId: 'a', RemoteUrl: 'bc' }),
    row({ DeviceId: 'ab', RemoteUrl: 'c' }),
    2,
  ],
])('when there are %s, then they are told apart as they should', (_, one, other, count) => {
  expect(new Set(see([one, other]).map(({ key }) => key)).size).toBe(count);
});

test('when the columns come in another order, then the identity is the same', () => {
  expect(see([row()], undefined, [...columns].reverse())[0]?.key).toBe(see([row()])[0]?.key);
});

test('when a hunt names its identity, then that counts', () => {
  expect(see([row(), row({ RemoteUrl: 'other' })], ['DeviceId'])).toHaveLength(1);
});

test('when a hunt names an identity column that its query does not return, then the error names file, column and what there is', () => {
  expect(() => see([row()], ['DeviceId', 'Url'])).toThrow(UnreadableIdentity);
  expect(() => see([row()], ['DeviceId', 'Url'])).toThrow(/hunts\/a\.yaml: identity: .*Url.*RemoteUrl/);
});

describe('when a column of the identity is not what it was when the hunt was compiled', () => {
  const ask = (change: Column, value: Row[string], more: Column[] = []) => {
    const shape = [...columns.filter(({ name }) => name !== change.name), change, ...more];
    const table = tableOf([row({ [change.name]: value })], shape);
    const of = { file: 'hunts/a.yaml', compiled: compiledOver(columns) };
    return { sightings: () => toSightings(table, of, now), told: changedTypes(table, of) };
  };

  test('and there is a further text column, then the key stays', () => {
    const { sightings } = ask({ name: 'RemoteUrl', type: 'string' }, 'prod.addigy.com', [
      { name: 'Extra', type: 'string' },
    ]);
    expect(sightings()[0]?.key).toBe(see([row()])[0]?.key);
  });

  test('and it comes as a number, then it is hunted by its text, and told', () => {
    const { sightings, told } = ask({ name: 'DeviceId', type: 'long' }, 17);
    expect(sightings()[0]?.identity).toEqual({ DeviceId: '17', RemoteUrl: 'prod.addigy.com' });
    expect(told).toEqual([expect.stringContaining('DeviceId comes as long, and was string')]);
  });

  test.each([
    ['as dynamic', { name: 'DeviceId', type: 'dynamic' }, '{}', 'DeviceId comes as dynamic'],
    [
      'as a number too large for JSON',
      { name: 'DeviceId', type: 'long' },
      2 ** 53 + 2,
      'too large to be told apart',
    ],
  ])('and it comes %s, then the run fails and says so', (_, column, value, reason) => {
    expect(ask(column, value).sightings).toThrow(reason);
  });
});

test('when an endpoint says that it is 2050, then the sighting is of now', () => {
  expect(see([row({ LastSeen: new Date('2050-01-01') })])).toMatchObject([{ lastSeen: now }]);
});

test('when a row has an event time and a process creation time, then the event time counts', () => {
  const shape: Column[] = [
    { name: 'DeviceId', type: 'string' },
    { name: 'InitiatingProcessCreationTime', type: 'datetime' },
    { name: 'Timestamp', type: 'datetime' },
  ];
  expect(
    see([{ DeviceId: 'd1', InitiatingProcessCreationTime: at(0), Timestamp: at(5) }], undefined, shape),
  ).toMatchObject([{ firstSeen: at(5), lastSeen: at(5) }]);
});

test('when a row says nothing of time, then it was seen now', () => {
  expect(see([{ DeviceId: 'd1' }], undefined, [{ name: 'DeviceId', type: 'string' }])).toMatchObject([
    { firstSeen: now, lastSeen: now },
  ]);
});

test('when the identity does not say which device, then the sighting belongs to none: it would be another one at another time', () => {
  const [sighting] = see([row(), row({ DeviceId: 'd2' })], ['RemoteUrl']);
  expect(sighting).toMatchObject({ identity: { RemoteUrl: 'prod.addigy.com' } });
  expect(sighting?.deviceKey).toBeUndefined();
  expect(see([row()])[0]?.deviceKey).toBeDefined();
});

test('when what a label names is empty, then the label tells things apart', () => {
  const rows = [row({ DeviceId: '', DeviceName: 'mac-1' }), row({ DeviceId: '', DeviceName: 'mac-2' })];
  expect(see(rows).map(({ identity }) => identity.DeviceName)).toEqual(['mac-1', 'mac-2']);
});

test.each([-1, Number.POSITIVE_INFINITY, Number.NaN])('when a count is %d, then there is none', (Count) => {
  expect(see([row({ Count })])[0]?.count).toBeUndefined();
});
