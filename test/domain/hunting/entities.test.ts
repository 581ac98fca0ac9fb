import { parseHunts } from '../../../functions/adapters/files/hunt-files.ts';
import { entitiesOf } from '../../../functions/domain/hunting/entities.ts';
import { huntHash } from '../../../functions/domain/hunting/hunt.ts';
import { mappedEntities } from '../../../functions/domain/hunting/mapped-entities.ts';
import { toSightings } from '../../../functions/domain/hunting/sighting.ts';
import { compileHunt } from '../../../local/compiler/compile-hunt.ts';
import { compiled, hunt, now, tableOf } from '../../examples.ts';

test('when a hunt maps entities, then their columns are known, and what is not understood is left out', () => {
  expect(
    mappedEntities([
      { entityType: 'Account', fieldMappings: [{ identifier: 'FullName', columnName: 'Who' }] },
      { entityType: 'Host', fieldMappings: [{ identifier: 'HostName', columnName: 'DeviceName' }] },
      {
        entityType: 'FileHash',
        fieldMappings: [
          { identifier: 'Algorithm', columnName: 'How' },
          { identifier: 'Value', columnName: 'Digest' },
        ],
      },
      { entityType: 'SubmissionMail', fieldMappings: [] },
      'nonsense',
    ]),
  ).toEqual([
    { column: 'Who', kind: 'account' },
    { column: 'Digest', kind: 'hash' },
  ]);
  expect(mappedEntities({ any: 'shape' })).toEqual([]);
});

test('when a hunt returns columns with usual names, then they are entities too, those of its identity and its own mappings first', () => {
  const query =
    'DeviceNetworkEvents | summarize arg_max(Timestamp, RemoteIP, InitiatingProcessSHA256, ActionType) by DeviceId, RemoteUrl';
  const { compiled: made } = compileHunt({
    ...hunt,
    query,
    entities: [{ column: 'ActionType', kind: 'app' }],
  });
  expect(made?.entities?.map(({ column, kind }) => `${column} ${kind}`)).toEqual([
    'ActionType app',
    'RemoteUrl url',
    'RemoteIP address',
    'InitiatingProcessSHA256 hash',
  ]);
});

test('when a row names entities, then its sighting has them, once each and not too many, and its key is what it was', () => {
  const rows = [
    { DeviceId: 'd1', RemoteUrl: 'u', RemoteIP: '192.0.2.1' },
    { DeviceId: 'd1', RemoteUrl: 'u', RemoteIP: '192.0.2.2' },
  ];
  const see = (entities?: NonNullable<ReturnType<typeof compiled>['entities']>) =>
    toSightings(tableOf(rows), { file: hunt.file, compiled: compiled(entities ? { entities } : {}) }, now);
  const [sighting] = see([
    { column: 'RemoteUrl', kind: 'url' },
    { column: 'RemoteIP', kind: 'address' },
  ]);
  expect(sighting?.entities?.map(({ value }) => value).sort()).toEqual(['192.0.2.1', '192.0.2.2', 'u']);
  expect(sighting?.key).toBe(see()[0]?.key);
  expect(see()[0]?.entities).toBeUndefined();

  const many = Array.from({ length: 20 }, (_, index) => ({ column: `c${index}`, kind: 'hash' as const }));
  expect(entitiesOf(Object.fromEntries(many.map(({ column }) => [column, column])), many)).toHaveLength(6);
  expect(entitiesOf({ c0: ' A ', c1: 'a', c2: null, c3: 4 }, many)).toEqual([{ kind: 'hash', value: 'A' }]);
});

test('when a hunt maps none, then its hash is what it was; when it does, the hash tells', () => {
  const { entities: _, ...plain } = { ...hunt, entities: undefined };
  expect(huntHash(plain)).not.toBe(huntHash({ ...plain, entities: [{ column: 'Who', kind: 'account' }] }));
  const file = (mappings: unknown) => ({
    file: 'hunts/a.yaml',
    text: '',
    errors: [],
    lineOf: () => 1,
    value: {
      id: hunt.id,
      name: 'a',
      description: 'd',
      requiredDataConnectors: [{ connectorId: 'c', dataTypes: ['DeviceNetworkEvents'] }],
      tactics: ['CommandAndControl'],
      relevantTechniques: ['T1219'],
      query: 'DeviceNetworkEvents',
      entityMappings: mappings,
    },
  });
  const [none] = parseHunts([file('anything')]).hunts;
  const [some] = parseHunts([
    file([{ entityType: 'IP', fieldMappings: [{ identifier: 'Address', columnName: 'IP' }] }]),
  ]).hunts;
  expect(none).not.toHaveProperty('entities');
  expect(some?.entities).toEqual([{ column: 'IP', kind: 'address' }]);
});
