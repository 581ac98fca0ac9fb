import { retypedNews } from '../../../functions/domain/hunting/remarks-on.ts';

const asLong = ['DeviceId comes as long'];

test('when a column of the identity comes with another type, then that is told once, and again when it changes once more', () => {
  const first = retypedNews({ retyped: asLong }, {});
  expect(first.problems).toEqual(asLong);
  expect(retypedNews({ retyped: asLong }, first).problems).toEqual([]);
  expect(retypedNews({ retyped: ['DeviceId comes as int'] }, first).problems).toHaveLength(1);

  const again = retypedNews({ retyped: [] }, first);
  expect(again.problems).toEqual([]);
  expect(retypedNews({ retyped: asLong }, again).problems).toEqual(asLong);
});
