import { addStoredEntries } from '../../../functions/domain/exclusions/add-stored-entries.ts';
import type { Exclusion } from '../../../functions/domain/exclusions/exclusion.ts';
import { hunt } from '../../examples.ts';

const entry = (id: string, change: object = {}) => ({
  id,
  entry: {
    id,
    reason: 'r',
    owner: 'o',
    createdBy: 'anna',
    expires: '2027-01-01',
    hunts: [hunt.id],
    any: [{ DeviceName: { equals: 'x1' } }],
    ...change,
  },
});
const inFile = { id: 'a', file: 'exclusions/a.yaml' } as Exclusion;
const context = { hunts: [hunt], settings: {} };

test('entries of the table are added; on the same id the file wins, and that is told', async () => {
  const { exclusions, leftOut } = await addStoredEntries(
    { exclusions: [inFile], leftOut: [] },
    [entry('a'), entry('b')],
    context,
  );
  expect(exclusions.map(({ id, file, createdBy }) => [id, file, createdBy])).toEqual([
    ['a', 'exclusions/a.yaml', undefined],
    ['b', 'api/exclusions/b', 'anna'],
  ]);
  expect(leftOut).toEqual([
    {
      id: 'a',
      reason: expect.stringContaining('api/exclusions/a: not used, since exclusions/a.yaml has this id'),
    },
  ]);
});

test('an entry of a file that is wrong is not replaced by one of the table: nobody reviewed that', async () => {
  const broken = { id: 'a', reason: 'exclusions/a.yaml:1: expires: is missing' };
  const { exclusions, leftOut } = await addStoredEntries(
    { exclusions: [], leftOut: [broken] },
    [entry('a')],
    context,
  );
  expect(exclusions).toEqual([]);
  expect(leftOut).toHaveLength(2);
});

test('an entry that is wrong by now (its hunt has gone) is left out alone, with its address and field', async () => {
  const { exclusions, leftOut } = await addStoredEntries(
    { exclusions: [], leftOut: [] },
    [entry('a', { hunts: ['gone'] }), entry('b')],
    context,
  );
  expect(exclusions.map(({ id }) => id)).toEqual(['b']);
  expect(leftOut).toEqual([{ id: 'a', reason: 'api/exclusions/a: hunts[0]: no hunt has the id gone' }]);
});

test('an entry may name more than a hundred hunts', async () => {
  const id = (index: number) => `11111111-2222-4333-8444-${String(index).padStart(12, '0')}`;
  const hunts = Array.from({ length: 150 }, (_, index) => ({ ...hunt, id: id(index) }));
  const { exclusions, leftOut } = await addStoredEntries(
    { exclusions: [], leftOut: [] },
    [entry('many', { hunts: hunts.map((one) => one.id) })],
    { ...context, hunts },
  );
  expect(leftOut).toEqual([]);
  expect(exclusions[0]?.hunts).toHaveLength(150);
});
