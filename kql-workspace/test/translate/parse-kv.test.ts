import { emptyEngine } from '../kql.ts';

const { rows, run } = emptyEngine();

/** The columns of `keys` that `parse-kv` finds in a text. */
function parsed(text: string, keys: string, how: string): Promise<Record<string, unknown>[]> {
  return rows(`print s = @'${text}' | parse-kv s as (${keys}) with (${how}) | project-away s`);
}

const pairs = "pair_delimiter = ' ', kv_delimiter = '='";

test('pairs between delimiters: a column for each listed key, of its type, whatever their order', async () => {
  const text = 'Pid:4711, Host:mac-1, Note: on since noon, Level: Info';
  expect(
    await parsed(
      text,
      'Note: string, Pid: long, Host: string, Missing: long, None: string',
      "pair_delimiter = ',', kv_delimiter = ':'",
    ),
  ).toEqual([{ Note: 'on since noon', Pid: 4711n, Host: 'mac-1', Missing: null, None: '' }]);
});

test('keys and values in quotes may hold delimiters; two characters open and close; the first of equal keys counts', async () => {
  const keys = "['at time']: datetime, src: string, bytes: long, why: string";
  const expected = [{ 'at time': '2025-01-01T10:00:54Z', src: '10.1.1.1', bytes: 125n, why: 'it broke off' }];
  expect(
    await parsed(
      'src=10.1.1.1 bytes=125 why="it broke off" "at time"=2025-01-01T10:00:54 src=10.1.1.2',
      keys,
      `${pairs}, quote = '"'`,
    ),
  ).toEqual(expected);
  expect(
    await parsed(
      'src=10.1.1.1 bytes=125 why=(it broke off) (at time)=(2025-01-01 10:00:54)',
      keys,
      `${pairs}, quote = '()'`,
    ),
  ).toEqual(expected);
});

test('an escape stands before a quote that ends nothing', async () => {
  expect(
    await parsed(
      String.raw`a=1 why="they said \"bye!\"" b=2`,
      'why: string, b: int',
      String.raw`${pairs}, quote = '"', escape = '\\'`,
    ),
  ).toEqual([{ why: 'they said "bye!"', b: 2 }]);
});

test('greedy values go on to the next key', async () => {
  const [text, keys] = [
    'name=Ann Lee phone=55 5555 city=New York',
    'name: string, phone: string, city: string',
  ];
  expect(await parsed(text, keys, pairs)).toEqual([{ name: 'Ann', phone: '55', city: 'New' }]);
  expect(await parsed(text, keys, `${pairs}, greedy = true`)).toEqual([
    { name: 'Ann Lee', phone: '55 5555', city: 'New York' },
  ]);
});

test('without delimiters whatever is no letter and no digit parts words', async () => {
  const text = '2025-01-01T10:00:34 [INFO] Pid:4711, Host:Node001, Note: Started';
  expect(
    await rows(
      `print s = '${text}' | parse-kv s as (Note: string, Pid: long, Host: string) | project-away s`,
    ),
  ).toEqual([{ Note: 'Started', Pid: 4711n, Host: 'Node001' }]);
  expect(
    await rows(
      String.raw`print s = "Pid:4711, x, Note: 'The \\' is up'" | parse-kv s as (Note: string) with (quote = "'", escape = '\\') | project-away s`,
    ).catch((error: Error) => error.message),
  ).toMatch(/two ways/);
});

test('a pattern with two groups says what keys and values are', async () => {
  const text = '["first url: https://a.example/?b=1", "the id: 24fefbca-cf27-4d62-a623-249c2ad30c73"]';
  expect(
    await parsed(
      text,
      "['first url']: string, ['the id']: guid",
      String.raw`regex = @'"([\w ]+)\s*:\s*([^"]*)"'`,
    ),
  ).toEqual([{ 'first url': 'https://a.example/?b=1', 'the id': '24fefbca-cf27-4d62-a623-249c2ad30c73' }]);
});

test.each([
  ['parse-kv s as (a: string) with (regex = "(a)")', 'has not two groups'],
  ["parse-kv s as (a: string) with (pair_delimiter = '')", 'one of the two delimiters'],
  ["parse-kv s as (name: string) with (pair_delimiter = ' ', kv_delimiter = '=', greedy = true)", 'two ways'],
])('%s is refused at its place', async (operator, message) => {
  await expect(run(`print s = 'name=Ann Lee other=1'\n| ${operator}`)).rejects.toMatchObject({
    kind: 'unsupported',
    diagnostic: { message: expect.stringContaining(message), line: 2, column: 3 },
  });
});
