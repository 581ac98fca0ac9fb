import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, type QueryEngine } from '../../src/workspace.ts';
import { rowsOf } from '../kql.ts';

const [sha1, other] = ['a'.repeat(40), 'b'.repeat(40)];
const sha256 = 'c'.repeat(64);
const files = {
  'FileProfile.csv': `SHA1,SHA256,GlobalPrevalence,GlobalFirstSeen,IsCertificateValid,Signer,ThreatName
${sha1.toUpperCase()},${sha256},12,2024-05-01,1,"Example, Inc.",
`,
  'DeviceFromIP.csv': `IP,DeviceId,Timestamp
10.0.0.1,d1,2025-01-01
10.0.0.1,d2,2025-02-01
10.0.0.2,d3,2025-01-01
`,
  'geo_info_from_ip_address.csv': `network,country,state,city,latitude,longitude
192.0.2.0/24,Australia,New South Wales,Sydney,-33.8715,151.2006
192.0.2.128/25,Austria,,,,
2001:db8::/32,Norway,Oslo,Oslo,59.9,10.7
`,
};

let folder: string;
let engine: QueryEngine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'enrich-'));
  mkdirSync(join(folder, 'external'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'external', name), content);
  engine = await openEngine(new Map(), () => 0n, { external: join(folder, 'external') });
});
afterAll(async () => {
  await engine?.close();
  rmSync(folder, { recursive: true, force: true });
});

const rows = (query: string): Promise<Record<string, unknown>[]> => rowsOf(engine, query);

describe('FileProfile', () => {
  const hashes = `datatable(SHA1: string)['${sha1}', '${other}', 'none', '']`;

  test.each(['FileProfile()', 'FileProfile(SHA1)', "FileProfile('SHA1', 1000)"])(
    '%s adds what the file says of each hash, and whether it knows it',
    async (call) => {
      const added = await rows(
        `${hashes} | invoke ${call} | project SHA1, GlobalPrevalence, GlobalFirstSeen, IsCertificateValid, Signer, ProfileAvailability`,
      );
      const nothing = { GlobalPrevalence: null, GlobalFirstSeen: null, IsCertificateValid: null, Signer: '' };
      expect(
        added.toSorted((a, b) => String(b.ProfileAvailability).localeCompare(String(a.ProfileAvailability))),
      ).toEqual([
        { SHA1: other, ...nothing, ProfileAvailability: 'Missing' },
        {
          SHA1: sha1,
          GlobalPrevalence: 12,
          GlobalFirstSeen: '2024-05-01T00:00:00Z',
          IsCertificateValid: true,
          Signer: 'Example, Inc.',
          ProfileAvailability: 'Available',
        },
        expect.objectContaining({ ...nothing, ProfileAvailability: '' }),
        expect.objectContaining({ ...nothing, ProfileAvailability: '' }),
      ]);
    },
  );

  test('beyond the given number of records nothing is added', async () => {
    const two = `range i from 1 to 3 step 1 | extend InitiatingProcessSHA256 = '${sha256}' | sort by i asc`;
    expect(
      await rows(
        `${two} | invoke FileProfile(InitiatingProcessSHA256, 2) | project i, SHA1, ProfileAvailability | sort by i asc`,
      ),
    ).toEqual([
      { i: 1n, SHA1: sha1.toUpperCase(), ProfileAvailability: 'Available' },
      { i: 2n, SHA1: sha1.toUpperCase(), ProfileAvailability: 'Available' },
      { i: 3n, SHA1: '', ProfileAvailability: '' },
    ]);
  });

  test('columns that the rows have already stay as they are', async () => {
    expect(
      await rows(
        `print SHA1 = '${sha1}', Signer = 'mine', MD5 = 5 | invoke FileProfile() | project Signer, MD5`,
      ),
    ).toEqual([{ Signer: 'mine', MD5: 5n }]);
  });
});

test('DeviceFromIP gives the devices that had an address last, or at a given time', async () => {
  const ips = "datatable(IP: string)['10.0.0.1', '10.0.0.9', '10.0.0.1']";
  expect(await rows(`${ips} | invoke DeviceFromIP()`)).toEqual([{ IP: '10.0.0.1', DeviceId: 'd2' }]);
  expect(await rows(`${ips} | invoke DeviceFromIP(datetime(2025-01-15))`)).toEqual([
    { IP: '10.0.0.1', DeviceId: 'd1' },
  ]);
});

test('an address is where the narrowest network of the file is', async () => {
  const geo = (ip: string): Promise<unknown> => rows(`print g = geo_info_from_ip_address('${ip}')`);
  expect(await geo('192.0.2.7')).toEqual([
    {
      g: {
        country: 'Australia',
        state: 'New South Wales',
        city: 'Sydney',
        latitude: -33.8715,
        longitude: 151.2006,
      },
    },
  ]);
  expect(await geo('192.0.2.200')).toEqual([{ g: { country: 'Austria', state: '', city: '' } }]);
  expect(await rows("print tostring(geo_info_from_ip_address('2001:db8::1').country)")).toEqual([
    { print_0: 'Norway' },
  ]);
  for (const ip of ['8.8.8.8', 'no address', '192.0.2.0/24', ''])
    expect(await geo(ip)).toEqual([{ g: null }]);
});

describe('what can’t be told is refused by name, at its place', () => {
  let bare: QueryEngine;
  beforeAll(async () => {
    bare = await openEngine(new Map(), () => 0n);
  });
  afterAll(() => bare?.close());

  test.each([
    ["print x = 1\n| extend g = geo_info_from_ip_address('8.8.8.8')", 'geo_info_from_ip_address.csv', 14],
    ["print SHA1 = ''\n| invoke FileProfile()", 'FileProfile.csv', 10],
    ["print IP = ''\n| invoke DeviceFromIP()", 'DeviceFromIP.csv', 10],
  ])('without the file: %s', async (query, message, column) => {
    await expect(bare.run(query)).rejects.toMatchObject({
      kind: 'unsupported',
      diagnostic: { message: expect.stringContaining(message), line: 2, column },
    });
  });

  test.each([
    ["print SHA256 = '' | invoke FileProfile(SHA1)", "column 'SHA1'"],
    ["print MD5 = '' | invoke FileProfile('MD5')", "column 'MD5'"],
    ["print IP = '', More = 1 | invoke DeviceFromIP()", 'other columns'],
  ])('%s', async (query, message) => {
    await expect(engine.run(query)).rejects.toMatchObject({
      kind: 'unsupported',
      diagnostic: { message: expect.stringContaining(message) },
    });
  });
});
