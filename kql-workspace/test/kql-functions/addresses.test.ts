import fc from 'fast-check';
import { hasAnyAddress, hasAnyPrefix } from '../../src/kql-functions/in-javascript/addresses.ts';
import {
  ipCompare,
  ipIsInAnyRange,
  ipIsInRange,
  PRIVATE_RANGES,
  parseIpv4,
} from '../../src/values/ip-ranges.ts';
import { emptyEngine } from '../kql.ts';

/** DuckDB's patterns of addresses say what the functions in JavaScript say. */

const kql = emptyEngine();

const octet = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('10', '172', '192', '168', '16', '31', '32', '0', '255', '127') },
  { weight: 6, arbitrary: fc.nat(255).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('256', '01', '007', '0x1', '', '300', '1e1', '+1', '-1') },
);
const host = fc.array(octet, { minLength: 3, maxLength: 5 }).map((octets) => octets.join('.'));
const four = fc.array(octet, { minLength: 4, maxLength: 4 }).map((octets) => octets.join('.'));
const prefix = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 2, arbitrary: fc.nat(34).map((length) => `/${length}`) },
  { weight: 1, arbitrary: fc.constantFrom('/08', '/008', '/0008', '/', '/x', '/024', '/+8', '//8', '/032') },
);
const blanks = fc.oneof(
  { weight: 8, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ' ',
      '\t',
      '\n',
      '\u00a0',
      '\u2003',
      '\ufeff',
      '\v',
      '\u0085',
      '\u200b',
      ' \r\n',
    ),
  },
);
const address = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(blanks, four, prefix, blanks).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: fc.tuple(blanks, host, prefix, blanks).map((parts) => parts.join('')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '::1',
      '::ffff:10.1.2.3',
      'fe80::1%eth0',
      'x10.0.0.1',
      '10.0.0.1x',
      '10.0.0.1 /8',
    ),
  },
);
const range = fc.tuple(four, prefix).map((parts) => parts.join(''));

const literal = (text: string): string => JSON.stringify(text);

/** The expression's values for the texts, in order. */
async function valuesFor(texts: readonly string[], expression: string): Promise<unknown[]> {
  const rows = texts.map((text, index) => `${index}, ${literal(text)}`).join(', ');
  const found = await kql.rows(
    `datatable(i: long, a: string)[${rows}] | extend v = ${expression} | project i, v | sort by i asc`,
  );
  return found.map(({ v }) => v);
}

/** The numbers of the rows that a condition takes. */
async function taken(texts: readonly string[], condition: string): Promise<unknown[]> {
  const rows = texts.map((text, index) => `${index}, ${literal(text)}`).join(', ');
  const found = await kql.rows(
    `datatable(i: long, a: string)[${rows}] | where ${condition} | project i | sort by i asc`,
  );
  return found.map(({ i }) => Number(i));
}

const several = fc.array(address, { minLength: 40, maxLength: 40 });
const runs = { numRuns: 12 };

test('an address is in a known range when JavaScript says so, as a value and as a condition', () =>
  fc.assert(
    fc.asyncProperty(several, range, async (texts, known) => {
      const expected = texts.map((text) => ipIsInRange(text, known, 4) ?? null);
      const call = `ipv4_is_in_range(a, ${literal(known)})`;
      expect(await valuesFor(texts, call)).toEqual(expected);
      expect(await taken(texts, call)).toEqual(expected.flatMap((is, index) => (is ? [index] : [])));
      expect(await taken(texts, `not(${call})`)).toEqual(
        expected.flatMap((is, index) => (is === false ? [index] : [])),
      );
    }),
    runs,
  ));

test('an address is in any of several known ranges when JavaScript says so', () =>
  fc.assert(
    fc.asyncProperty(several, fc.array(range, { minLength: 1, maxLength: 4 }), async (texts, known) => {
      const expected = texts.map((text) => ipIsInAnyRange(text, JSON.stringify(known), 4) ?? null);
      const list = known.map(literal).join(', ');
      expect(await valuesFor(texts, `ipv4_is_in_any_range(a, dynamic([${list}]))`)).toEqual(expected);
      expect(await valuesFor(texts, `ipv4_is_in_any_range(a, ${list})`)).toEqual(expected);
    }),
    runs,
  ));

test('an address is private, and has its number, when JavaScript says so', () =>
  fc.assert(
    fc.asyncProperty(several, async (texts) => {
      expect(await valuesFor(texts, 'ipv4_is_private(a)')).toEqual(
        texts.map((text) => ipIsInAnyRange(text, JSON.stringify(PRIVATE_RANGES), 4) ?? null),
      );
      expect(await valuesFor(texts, 'parse_ipv4(a)')).toEqual(texts.map((text) => parseIpv4(text) ?? null));
    }),
    runs,
  ));

test('an address matches a known one under a mask when JavaScript says so, whichever side it is on', () =>
  fc.assert(
    fc.asyncProperty(several, range, fc.integer({ min: -1, max: 33 }), async (texts, known, mask) => {
      const expected = texts.map((text) => {
        const compared = ipCompare(text, known, BigInt(mask), 4);
        return compared === undefined ? null : compared === 0n;
      });
      expect(await valuesFor(texts, `ipv4_is_match(a, ${literal(known)}, ${mask})`)).toEqual(expected);
      expect(await valuesFor(texts, `ipv4_is_match(${literal(known)}, a, ${mask})`)).toEqual(expected);
    }),
    runs,
  ));

test('a range that only the data says is looked up row by row', async () => {
  const query = `datatable(a: string, r: string)["10.1.2.3", "10.0.0.0/8", "11.1.2.3", "10.0.0.0/8", "x", "10.0.0.0/8"]
    | project v = ipv4_is_in_range(a, r)`;
  expect((await kql.rows(query)).map(({ v }) => v)).toEqual([true, false, null]);
});

test('an address is in a known range of IPv6 when JavaScript says so', () =>
  fc.assert(
    fc.asyncProperty(
      several,
      fc.oneof(
        range,
        fc.constantFrom(
          'fe80::/10',
          '::/0',
          '::ffff:0:0/96',
          '::ffff:10.0.0.0/104',
          '::ffff:0:0/95',
          '::10.0.0.0/8',
          '2001:db8::1',
        ),
      ),
      async (texts, known) => {
        expect(await valuesFor(texts, `ipv6_is_in_range(a, ${literal(known)})`)).toEqual(
          texts.map((text) => ipIsInRange(text, known, 6) ?? null),
        );
      },
    ),
    runs,
  ));

test('a text has an address, or one that begins so, when JavaScript says so', () => {
  const around = fc.tuple(
    fc.constantFrom('', 'from ', 'x', '1', '1.', '('),
    address,
    fc.constantFrom('', ' to', '.', '.5', 'é'),
  );
  const text = around.map((parts) => parts.join(''));
  const start = fc.constantFrom('10.', '172.16.', '192.168.0.', '10.0.0.1', '1', 'x.', '');
  return fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 40, maxLength: 40 }),
      range,
      start,
      async (texts, known, first) => {
        const calls = [
          `has_ipv4(a, ${literal(known)})`,
          `has_any_ipv4(a, dynamic([${literal(known)}, "10.0.0.1"]))`,
          `has_ipv4_prefix(a, ${literal(first)})`,
        ];
        expect(await valuesFor(texts, `pack_array(${calls.join(', ')})`)).toEqual(
          texts.map((one) => [
            hasAnyAddress(one, JSON.stringify([known])),
            hasAnyAddress(one, JSON.stringify([known, '10.0.0.1'])),
            hasAnyPrefix(one, JSON.stringify([first])),
          ]),
        );
      },
    ),
    runs,
  );
});
