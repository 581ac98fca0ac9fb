import { emptyEngine } from '../kql.ts';

const { rows, run } = emptyEngine();

describe('bag_unpack', () => {
  const people = `datatable(Name: string, d: dynamic)[
    'Ann', dynamic({"Name": "Bea", "Age": 20}),
    'Cid', dynamic({"Age": 40, "City": "Ulm"})]`;

  test('members become columns, those that a row lacks are empty there', async () => {
    const { columns, rows } = await run(`${people} | project d | evaluate bag_unpack(d)`);
    expect(columns.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      'Age: long',
      'City: string',
      'Name: string',
    ]);
    expect(rows).toEqual([
      [20n, '', 'Bea'],
      [40n, 'Ulm', ''],
    ]);
  });

  test('a prefix stands before each name', async () => {
    expect(await rows(`${people} | evaluate bag_unpack(d, 'x_')`)).toEqual([
      { Name: 'Ann', x_Age: 20n, x_City: '', x_Name: 'Bea' },
      { Name: 'Cid', x_Age: 40n, x_City: 'Ulm', x_Name: '' },
    ]);
  });

  test('a member that is a column too: the query says which to take, or is refused', async () => {
    expect(await rows(`${people} | evaluate bag_unpack(d, columnsConflict='replace_source')`)).toEqual([
      { Name: 'Bea', Age: 20n, City: '' },
      { Name: '', Age: 40n, City: 'Ulm' },
    ]);
    expect(await rows(`${people} | evaluate bag_unpack(d, columnsConflict='keep_source')`)).toEqual([
      { Name: 'Ann', Age: 20n, City: '' },
      { Name: 'Cid', Age: 40n, City: 'Ulm' },
    ]);
    for (const plugin of ['bag_unpack(d)', 'bag_unpack(d) : (Name: string)']) {
      await expect(run(`${people}\n| evaluate ${plugin}`)).rejects.toMatchObject({
        kind: 'unsupported',
        diagnostic: { message: expect.stringContaining("'Name'"), line: 4, column: 12 },
      });
    }
  });

  test('ignored members are left out', async () => {
    const plugin = `bag_unpack(d, ignoredProperties = dynamic(['Age', 'City']))`;
    expect(await rows(`${people} | project d | evaluate ${plugin}`)).toEqual([{ Name: 'Bea' }, { Name: '' }]);
  });

  test('a declared schema says which columns there are', async () => {
    const table = `${people} | project-rename Who = Name`;
    expect(await rows(`${table} | evaluate bag_unpack(d) : (*, Name: string, Age: long)`)).toEqual([
      { Who: 'Ann', Name: 'Bea', Age: 20n },
      { Who: 'Cid', Name: '', Age: 40n },
    ]);
    expect(await rows(`${table} | evaluate bag_unpack(d) : (Age: long)`)).toEqual([
      { Age: 20n },
      { Age: 40n },
    ]);
  });
});

describe('pivot', () => {
  const storms = `datatable(State: string, Kind: string, Dead: long)[
    'AL', 'Wind', 1, 'AL', 'Wind', 2, 'AK', 'Cold', 3]`;

  test('each value of the column becomes a column that counts', async () => {
    expect(await rows(`${storms} | project State, Kind | evaluate pivot(State) | sort by Kind asc`)).toEqual([
      { Kind: 'Cold', AK: 1n, AL: 0n },
      { Kind: 'Wind', AK: 0n, AL: 2n },
    ]);
  });

  test.each(['pivot(State, sum(Dead))', 'pivot(State, sum(Dead), Kind)'])('%s sums', async (plugin) => {
    expect(await rows(`${storms} | evaluate ${plugin} | sort by Kind asc`)).toEqual([
      { Kind: 'Cold', AK: 3n, AL: 0n },
      { Kind: 'Wind', AK: 0n, AL: 3n },
    ]);
  });

  test('several keys stand beside each other', async () => {
    const result = await rows(`${storms} | evaluate pivot(State, count(), Kind, Dead) | sort by Dead asc`);
    expect(result[0]).toEqual({ Kind: 'Wind', Dead: 1n, AK: 0n, AL: 1n });
  });

  test('a declared schema says which columns there are; rows of others stay', async () => {
    const plugin = 'pivot(State) : (Kind: string, AL: long)';
    expect(
      await rows(`${storms} | project State, Kind | evaluate ${plugin} | sort by Kind asc | where AL >= 0`),
    ).toEqual([
      { Kind: 'Cold', AL: 0n },
      { Kind: 'Wind', AL: 2n },
    ]);
  });

  test('what stands where a row has none of a column’s values is documented for sums and counts; the rest is refused', async () => {
    expect(await rows(`${storms} | evaluate pivot(State, max(Kind), Dead) | where Dead == 3`)).toEqual([
      { Dead: 3n, AK: 'Cold', AL: '' },
    ]);
    await expect(run(`${storms} | evaluate pivot(State, max(Dead), Kind)`)).rejects.toMatchObject({
      kind: 'unsupported',
      diagnostic: { message: expect.stringContaining('2 cells have no rows'), line: 2 },
    });
    expect(await rows(`${storms} | where State == 'AL' | evaluate pivot(State, max(Dead), Kind)`)).toEqual([
      { Kind: 'Wind', AL: 2n },
    ]);
  });
});

describe('ipv4_lookup', () => {
  const lookup = (plugin: string): string => `
    let nets = datatable(network: string, place: string, code: string)[
      '10.0.0.0/8', 'inside', 'A', '10.1.0.0/16', 'lab', 'B', '192.0.2.7', 'one', 'A', 'none', 'x', 'A'];
    datatable(ip: string, code: string)['10.1.2.3', 'A', '192.0.2.7', 'B', '8.8.8.8', 'A', '', 'A']
    | project ip, code | evaluate ${plugin} | sort by ip asc, place asc`;

  test('an address gets the rows of each network that holds it', async () => {
    expect(await rows(lookup('ipv4_lookup(nets, ip, network)'))).toEqual([
      { ip: '10.1.2.3', code: 'A', network: '10.0.0.0/8', place: 'inside', code1: 'A' },
      { ip: '10.1.2.3', code: 'A', network: '10.1.0.0/16', place: 'lab', code1: 'B' },
      { ip: '192.0.2.7', code: 'B', network: '192.0.2.7', place: 'one', code1: 'A' },
    ]);
  });

  test('told so, addresses in no network stay, with nothing beside them', async () => {
    expect((await rows(lookup('ipv4_lookup(nets, ip, network, return_unmatched = true)'))).at(-1)).toEqual({
      ip: '8.8.8.8',
      code: 'A',
      network: '',
      place: '',
      code1: '',
    });
  });

  test('further keys must be equal, and stand there once', async () => {
    expect(await rows(lookup('ipv4_lookup(nets, ip, network, code)'))).toEqual([
      { ip: '10.1.2.3', code: 'A', network: '10.0.0.0/8', place: 'inside' },
    ]);
  });
});

test.each(['narrow()', 'autocluster()', 'basket()'])('the plugin %s is refused by name', async (plugin) => {
  await expect(run(`print a = 1\n| evaluate ${plugin}`)).rejects.toMatchObject({
    kind: 'unsupported',
    diagnostic: { message: expect.stringContaining(plugin.slice(0, -2)), line: 2, column: 3 },
  });
});

test.each([
  ['partition by k (evaluate bag_unpack(d))'],
  ['partition by k (evaluate pivot(k))'],
  ['mv-apply d on (evaluate bag_unpack(d))'],
  ['partition by k (make-series count() on t from now(-1d) to now() step 1d)'],
])('what depends on the data is refused inside of %s', async (operator) => {
  const table = "datatable(k: string, d: dynamic, t: datetime)['a', dynamic({}), datetime(2025-01-01)]";
  await expect(run(`${table}\n| ${operator}`)).rejects.toMatchObject({
    kind: 'unsupported',
    diagnostic: { message: expect.stringContaining('inside of partition or mv-apply'), line: 2 },
  });
});
