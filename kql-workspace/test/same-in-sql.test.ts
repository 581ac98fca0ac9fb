import fc from 'fast-check';
import { parseByPattern } from '../src/translate/parse-pattern.ts';
import { isObject, type Json, readArray, readJson, textOf } from '../src/values/json-values.ts';
import { kustoPattern } from '../src/values/kusto-pattern.ts';
import { has } from '../src/values/terms.ts';
import { parseDatetime } from '../src/values/time-text.ts';
import { emptyEngine } from './kql.ts';

/** What DuckDB does by itself gives what the functions in JavaScript give. */

const kql = emptyEngine();

const table = (texts: readonly string[]): string =>
  `datatable(i: long, t: string)[${texts.map((text, index) => `${index}, ${JSON.stringify(text)}`).join(', ')}]`;

/** The values of the expressions for each text, in order. */
async function valuesFor(texts: readonly string[], ...expressions: string[]): Promise<unknown[][]> {
  const named = expressions.map((expression, index) => `v${index} = ${expression}`).join(', ');
  const { rows } = await kql.run(`${table(texts)} | sort by i asc | project ${named}`);
  return rows.map((row) => [...row]);
}

const runs = { numRuns: 12 };
const several = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(one, { minLength: 30, maxLength: 30 });

describe('split', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', ',', ';', '=', ' ', 'é', '"', '\\'),
    maxLength: 12,
  });
  test.each([',', ';=', 'a', ' ', 'é'])(
    'by %j, whole, by the element, from the end and expanded',
    (delimiter) =>
      fc.assert(
        fc.asyncProperty(several(text), async (texts) => {
          const by = JSON.stringify(delimiter);
          const given = await valuesFor(
            texts,
            `tostring(split(t, ${by}))`,
            `tostring(split(t, ${by})[1])`,
            `tostring(split(t, ${by})[-1])`,
            `isnull(split(t, ${by})[2])`,
            `tostring(split(t, ${by}, 1))`,
          );
          expect(given).toEqual(
            texts.map((one) => {
              const parts = one.split(delimiter);
              return [
                JSON.stringify(parts),
                parts[1] ?? '',
                parts.at(-1) ?? '',
                parts[2] === undefined,
                JSON.stringify(parts.slice(1, 2)),
              ];
            }),
          );
          const { rows } = await kql.run(
            `${table(texts)} | mv-expand with_itemindex=n p = split(t, ${by}) | extend q = tostring(p) | project i, n, p, q | sort by i asc, n asc`,
          );
          expect(rows).toEqual(
            texts.flatMap((one, i) =>
              one.split(delimiter).map((part, n) => [BigInt(i), BigInt(n), JSON.stringify(part), part]),
            ),
          );
        }),
        runs,
      ),
  );
});

test('split by what only the data says', async () => {
  const query = `datatable(t: string, d: string)["a,b", ",", "a;b;", ";", "ab", ""] | project p = tostring(split(t, d))`;
  expect((await kql.run(query)).rows).toEqual([['["a","b"]'], ['["a","b",""]'], ['["ab"]']]);
});

describe('members of JSON', () => {
  const key = fc.constantFrom('a', 'b', 'c d', 'e"f', '0', 'ä', '$x', 'x.y', '*');
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<unknown>(
        null,
        true,
        false,
        'x',
        '',
        'null',
        '1',
        '2025-06-01T10:00:00Z',
        ' 7 ',
        '{"a":1}',
        'é\n"',
      ),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(key, tie('json'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  const text = fc.oneof(
    { weight: 6, arbitrary: json.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: json.map((value) => ` ${JSON.stringify(value, null, 1)}\n`) },
    { weight: 1, arbitrary: json.map((value) => JSON.stringify(value).slice(0, -1)) },
    { weight: 1, arbitrary: fc.constantFrom('', 'x', '{', '[', '{]', '[1,2', 'nulls', '"a', '{"a":}') },
  );
  /** Walks as Kusto does: what isn't there is null, and so is what is null. */
  const walk = (value: Json | undefined, steps: readonly (string | number)[]): Json | undefined =>
    steps.reduce<Json | undefined>((at, step) => {
      if (typeof step === 'number') return Array.isArray(at) ? (at.at(step) as Json | undefined) : undefined;
      return isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined;
    }, value);
  const paths: readonly (readonly [string, readonly (string | number)[]])[] = [
    ['.a', ['a']],
    ['.a.b', ['a', 'b']],
    ['["c d"]', ['c d']],
    [`['e"f']`, ['e"f']],
    ['.b[0]', ['b', 0]],
    ['[0]', [0]],
    ['[-1].a', [-1, 'a']],
    ['["*"]', ['*']],
    ['["x.y"].a', ['x.y', 'a']],
    ['["$x"]["ä"]', ['$x', 'ä']],
  ];

  test.each(paths)('at %s, as text, as a number, as a time, as it is, in a column or not', (path, steps) =>
    fc.assert(
      fc.asyncProperty(several(text), async (texts) => {
        const expected = texts.map((one) => {
          const found = walk(readJson(one), steps) ?? null;
          return [textOf(found), found === null, numberIn(found), timeIn(found)];
        });
        const of = (x: string): string[] => [
          `tostring(${x})`,
          `isnull(${x})`,
          `tolong(${x})`,
          `todatetime(${x})`,
        ];
        const normal = (rows: unknown[][]): unknown[][] =>
          rows.map(([first, ...others]) => [compact(String(first)), ...others]);
        expect(normal(await valuesFor(texts, ...of(`parse_json(t)${path}`)))).toEqual(normal(expected));
        const { rows } = await kql.run(
          `${table(texts)} | extend d = parse_json(t) | extend m = d${path} | sort by i asc | project ${of(
            'm',
          )
            .map((value, index) => `v${index} = ${value}`)
            .join(', ')}`,
        );
        expect(normal(rows.map((row) => [...row]))).toEqual(normal(expected));
      }),
      { numRuns: 8 },
    ),
  );

  /** The same JSON may be written in several ways. */
  function compact(given: string): unknown {
    if (!/^[[{]|^-?\d/.test(given)) return given;
    const value = readJson(given);
    return value === undefined
      ? given
      : JSON.stringify(value, (_key, part) =>
          typeof part === 'number' ? Number(part.toPrecision(15)) : part,
        );
  }

  function numberIn(value: Json): bigint | null {
    if (typeof value === 'boolean' || value === null || typeof value === 'object') return null;
    const number = Number(String(value).trim());
    return String(value).trim() === '' || !/^-?[\d.]+(e[+-]?\d+)?$/.test(String(value).trim())
      ? null
      : BigInt(Math.trunc(number));
  }

  function timeIn(value: Json): bigint | null {
    return typeof value === 'string' || typeof value === 'number'
      ? (parseDatetime(String(value)) ?? null)
      : null;
  }
});

describe('lists and terms', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', '1', '22', ' ', '-', 'é', 'K', 'k', 'ſ', 's', '\n', '\u212a'),
    maxLength: 10,
  });

  test.each([String.raw`(\d+)`, '([ab])1', '(a)|b', 'k(.)?', '(é|s)-', '([^a]+)a', 'a*(b)'])(
    'extract_all of %s',
    (pattern) =>
      fc.assert(
        fc.asyncProperty(several(text), async (texts) => {
          const all = texts.map((one) => {
            const matches = kustoPattern(pattern).all(one);
            return matches.length === 0
              ? ''
              : JSON.stringify(matches.map(({ texts: [, group] }) => group ?? ''));
          });
          const found = `extract_all(@"${pattern}", t)`;
          expect(await valuesFor(texts, `tostring(${found})`, `array_length(${found})`)).toEqual(
            all.map((one) => [one, one === '' ? null : BigInt((JSON.parse(one) as unknown[]).length)]),
          );
        }),
        runs,
      ),
  );

  test('has and its kin with a needle in a column', () =>
    fc.assert(
      fc.asyncProperty(several(text), several(text), async (texts, needles) => {
        const pairs = texts.map(
          (one, index) => `${JSON.stringify(one)}, ${JSON.stringify(needles[index] ?? '')}`,
        );
        const { rows } = await kql.run(
          `datatable(t: string, n: string)[${pairs.join(', ')}] | project t has n, t has_cs n, t hasprefix n, t hassuffix_cs n`,
        );
        expect(rows).toEqual(
          texts.map((one, index) => {
            const needle = needles[index] ?? '';
            return [
              has(one, needle, 'both', false),
              has(one, needle, 'both', true),
              has(one, needle, 'start', false),
              has(one, needle, 'end', true),
            ];
          }),
        );
      }),
      runs,
    ));

  test('the length of what is no array is null', async () => {
    const texts = ['[]', ' [1, [2, 3]]', '{"a": [1]}', '"x"', 'x', '', 'null', '[1'];
    const lengths = await valuesFor(texts, 'array_length(parse_json(t))', 'array_length(parse_json(t).a)');
    expect(lengths).toEqual([
      [0n, null],
      [2n, null],
      [null, 1n],
      ...Array.from({ length: 5 }, () => [null, null]),
    ]);
  });

  test('set_has_element, where the element or the set is spelled out', () => {
    const element = fc.constantFrom('a', 'b"', 'é', '\\', '/', '', 'null', '1', '\u0001');
    const set = fc.array(fc.oneof(element, fc.constantFrom(1, null, true, ['a'])), { maxLength: 4 });
    const whole = fc.oneof(
      { weight: 5, arbitrary: set.map((one) => JSON.stringify(one)) },
      fc.constantFrom('{"a":1}', 'a', '', ' ["a" , "é"]', '["\\u00e9"]'),
    );
    return fc.assert(
      fc.asyncProperty(several(whole), element, async (texts, one) => {
        const wanted = JSON.stringify(one);
        expect((await valuesFor(texts, `set_has_element(parse_json(t), ${wanted})`)).flat()).toEqual(
          texts.map((text) => {
            const items = readArray(text);
            return items ? items.includes(one) : null;
          }),
        );
        const known = `dynamic(["a", "é", 1, null, ${wanted}])`;
        const elements = texts.map((text) => text.slice(2, 3));
        expect((await valuesFor(elements, `set_has_element(${known}, t)`)).flat()).toEqual(
          elements.map((text) => ['a', 'é', one].includes(text)),
        );
      }),
      runs,
    );
  });

  test('where nothing matches, mv-expand of extract_all has a row with null', async () => {
    const query = `${table(['a1b2', 'none'])} | mv-expand n = extract_all(@"(\\d)", t) | project t, n = tostring(n)`;
    expect((await kql.run(query)).rows).toEqual([
      ['a1b2', '1'],
      ['a1b2', '2'],
      ['none', ''],
    ]);
  });
});

describe('texts as other types', () => {
  const digits = fc.constantFrom(
    '0',
    '7',
    '12',
    '007',
    '999999999',
    '2147483648',
    '9223372036854775807',
    '9223372036854775808',
  );
  const number = fc
    .tuple(
      fc.constantFrom('', '-', '+', ' ', '0x'),
      digits,
      fc.constantFrom('', '.', '.5', '.25 ', 'e3', 'E-2', '_1', 'x', '\u00a0'),
    )
    .map((parts) => parts.join(''));
  const two = (...values: string[]) => fc.constantFrom(...values);
  const time = fc
    .tuple(
      two('2025', '0001', '0000', '9999', '1600'),
      two('-01', '-02', '-13', '-12'),
      two('-01', '-29', '-31', '-00'),
      two('T', ' ', 't'),
      two('00', '10', '23', '24'),
      two(':00', ':59', ':60'),
      two(':00', ':59', ':60', ''),
      two('', '.1', '.123456', '.1234567', '.12345678', ','),
      two('', 'Z', 'z', '+01:00', ' UTC'),
    )
    .map((parts) => parts.join(''));
  const other = fc.constantFrom(
    '',
    'true',
    'True',
    'TRUE ',
    'false',
    'yes',
    'null',
    'inf',
    '-infinity',
    'NaN',
    '1.02:03:04',
    '2d',
    '74be27de-1e4e-49d9-b579-fe0b331d3642',
    '{74BE27DE1E4E49D9B579FE0B331D3642}',
    '74be27de-1e4e-49d9-b579-fe0b331d364',
  );
  const text = fc.oneof(number, time, other);

  /** A text that is spelled out is read in JavaScript, row by row. */
  test.each(['tolong', 'toint', 'toreal', 'tobool', 'todatetime', 'totimespan', 'toguid'])('%s', (call) =>
    fc.assert(
      fc.asyncProperty(several(text), async (texts) => {
        const items = texts.map((one, index) => `v${index} = ${call}(${JSON.stringify(one)})`);
        const [expected] = (await kql.run(`print ${items.join(', ')}`)).rows;
        expect(
          (await valuesFor(texts, `${call}(t)`, `${call}(strcat(t, ""))`)).map(([a, b]) => [a, b]),
        ).toEqual(expected?.map((value) => [value, value]));
      }),
      runs,
    ),
  );
});

describe('parse', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '=', ';', ' ', '1', '-', '.', 'é', '\n'),
    maxLength: 14,
  });
  const patterns: readonly (readonly [string, readonly object[]])[] = [
    [
      '"a=" x ";" y',
      [
        { kind: 'text', text: 'a=' },
        { kind: 'column', name: 'x', type: 'string' },
        { kind: 'text', text: ';' },
        { kind: 'column', name: 'y', type: 'string' },
      ],
    ],
    [
      '* "a=" x ";" *',
      [
        { kind: 'skip' },
        { kind: 'text', text: 'a=' },
        { kind: 'column', name: 'x', type: 'string' },
        { kind: 'text', text: ';' },
        { kind: 'skip' },
      ],
    ],
    [
      '* "=" x " " * ";" y "a"',
      [
        { kind: 'skip' },
        { kind: 'text', text: '=' },
        { kind: 'column', name: 'x', type: 'string' },
        { kind: 'text', text: ' ' },
        { kind: 'skip' },
        { kind: 'text', text: ';' },
        { kind: 'column', name: 'y', type: 'string' },
        { kind: 'text', text: 'a' },
      ],
    ],
    [
      '* "." x',
      [{ kind: 'skip' }, { kind: 'text', text: '.' }, { kind: 'column', name: 'x', type: 'string' }],
    ],
  ];
  test.each(patterns)('with %s', (written, parts) =>
    fc.assert(
      fc.asyncProperty(several(text), async (texts) => {
        const names = written.includes('y') ? ['x', 'y'] : ['x'];
        const spec = JSON.stringify({ kind: 'simple', flags: '', parts });
        const { rows } = await kql.run(
          `${table(texts)} | parse t with ${written} | sort by i asc | project ${names.join(', ')}`,
        );
        expect(rows).toEqual(
          texts.map((one) => {
            const found = parseByPattern(one, spec);
            return found === undefined ? names.map(() => '') : JSON.parse(found);
          }),
        );
        const kept = await kql.run(
          `${table(texts)} | parse-where t with ${written} | project i | sort by i asc`,
        );
        expect(kept.rows.map(([i]) => Number(i))).toEqual(
          texts.flatMap((one, i) => (parseByPattern(one, spec) === undefined ? [] : [i])),
        );
      }),
      runs,
    ),
  );
});
