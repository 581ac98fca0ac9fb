import fc from 'fast-check';
import { emptyEngine } from './kql.ts';

/** Attackers choose device names, URLs and command lines, and with them what literals and data say. */

const kql = emptyEngine();

const pieces = [
  "'",
  '"',
  '\\',
  ';',
  '--',
  '/*',
  '$$',
  '{',
  '}',
  '(',
  ')',
  '\0',
  '\n',
  '%',
  '_',
  '|',
  'DROP TABLE t',
  "')",
  'é',
  '😀',
  '\u202E',
  'a',
  '.',
  '*',
  '+',
  '[',
  ']',
  '^',
  '$',
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3, unit: 'binary' })), { maxLength: 8 })
  .map((parts) => parts.join(''));

/** A KQL string literal; the parser's own tests show that it reads back what JSON wrote. */
function literal(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

test('whatever a literal says comes back as it is', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (text) => {
      expect(await kql.value(literal(text))).toBe(text.toWellFormed());
    }),
    { numRuns: 30 },
  );
});

test('whatever text a needle is, it is found in itself and in nothing that lacks it', async () => {
  await fc.assert(
    fc.asyncProperty(
      hostile.filter((text) => text !== ''),
      async (text) => {
        const needle = literal(text);
        const [row] = await kql.rows(
          `datatable(t: string)[${needle}] | extend other = "zzz" | project equals = t == ${needle}, has = t has ${needle},
          any = t has_any (${needle}, "qqq"), contains = t contains_cs ${needle}, starts = t startswith_cs ${needle},
          ends = t endswith_cs ${needle}, listed = t in (${needle}), pattern = t matches regex regex_quote(${needle}),
          elsewhere = other has ${needle} or other contains ${needle}, split = tostring(split(t, ${needle}))`,
        );
        expect(row).toEqual({
          equals: true,
          has: true,
          any: true,
          contains: true,
          starts: true,
          ends: true,
          listed: true,
          pattern: true,
          elsewhere: /^z{1,3}$/i.test(text),
          split: '["",""]',
        });
      },
    ),
    { numRuns: 20 },
  );
});

test('data with whatever text in values and in names of columns is taken in and found', async () => {
  let n = 0;
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (value, name) => {
      const table = `Hostile${n++}_CL`;
      const column = `x${name.toWellFormed().replaceAll('\0', '')}`;
      await kql.append(table, [{ TimeGenerated: '2025-06-01T00:00:00Z', [column]: value, id: 1 }]);
      const { columns, rows } = await kql.run(`${table} | where id == 1`);
      expect(columns.map((each) => each.name)).toContain(column);
      expect(rows[0]?.[columns.findIndex((each) => each.name === column)]).toBe(value.toWellFormed());
    }),
    { numRuns: 15 },
  );
});

test.each(['{"a": "x\' || \'y"}', '{"it\'s": "v"}', '{"a\\"b": "c"}', '{"~/": {"": 5}}'])(
  'members of the bag %s are reached by their keys',
  async (json) => {
    for (const [key, value] of Object.entries(JSON.parse(json) as Record<string, unknown>)) {
      expect(await kql.value(`parse_json(${literal(json)})[${literal(key)}]`)).toEqual(value);
      expect(await kql.rows(`print d = parse_json(${literal(json)}) | evaluate bag_unpack(d)`)).toEqual([
        { [key]: value },
      ]);
    }
  },
);

test('what Microsoft’s parser itself fails on is refused', async () => {
  await expect(
    kql.run('nowhere(1)\n| graph-match (a)-[e*2..5]-(b) where a.name == "x" project a = a.name, e = e.f'),
  ).rejects.toMatchObject({
    kind: 'unsupported',
    diagnostic: { message: expect.stringContaining('parser failed'), line: 2, column: 3 },
  });
});
