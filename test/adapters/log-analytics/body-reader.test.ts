import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { BodyReader } from '../../../functions/adapters/log-analytics/body-reader.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('],[', '"rows":[[', ']],[[', '"', '\\', '[1],[2]'),
);
const texts = fc.array(text, { maxLength: 3 });
const cell = fc.oneof(
  text,
  fc.integer(),
  fc.constant(null),
  fc.array(texts, { maxLength: 3 }),
  fc.dictionary(text, texts, { maxKeys: 2 }),
);
const table = fc.record({
  name: text,
  columns: fc.array(fc.record({ name: text }), { maxLength: 3 }),
  rows: fc.array(fc.array(cell, { maxLength: 4 }), { maxLength: 8 }),
});
const body = fc.record({
  tables: fc.array(table, { maxLength: 3 }),
  error: fc.option(fc.record({ message: text }), { nil: undefined }),
});

test('in whatever pieces a body comes, and whatever stands in its cells, then its rows are those that JSON.parse gives', () => {
  fc.assert(
    fc.property(
      body,
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      (whole, piece, batch, pretty) => {
        const json = JSON.stringify(whole, null, pretty ? 1 : 0);
        const reader = new BodyReader(batch);
        for (let at = 0; at < json.length; at += piece) reader.push(json.slice(at, at + piece));
        const { text, rows } = reader.end();
        const rest = JSON.parse(text);
        if (rows.length > 0) {
          // Those that were taken stand ahead of the last ones, in the first table that has any.
          const first = rest.tables.find(
            (_: unknown, index: number) => (whole.tables[index]?.rows.length ?? 0) > 0,
          );
          first.rows = [...rows, ...first.rows];
        }
        expect(isDeepStrictEqual(rest, JSON.parse(json))).toBe(true);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('when a body has many rows, then their text does not pile up', () => {
  const reader = new BodyReader(1_000);
  reader.push('{"tables":[{"columns":[],"rows":[["0"]');
  for (let row = 0; row < 10_000; row++) reader.push(`,["${row}","],["]`);
  reader.push(']}]}');
  const { text, rows } = reader.end();
  expect(rows.length).toBeGreaterThan(9_800);
  expect(text.length).toBeLessThan(4_000);
});
