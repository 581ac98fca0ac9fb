import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { importWatchlist } from '../../../local/exclusions/import-watchlist.ts';
import { printImported } from '../../../local/printing/print-imported.ts';
import { hunt, now } from '../../examples.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'import-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(text: string | Buffer): string {
  const file = join(folder, 'Corp IPs.csv');
  writeFileSync(file, text);
  return file;
}

const request = {
  column: 'IPAddress',
  to: 'RemoteIP',
  id: 'corp-ips',
  owner: 'soc@example.com',
  reason: 'Our own addresses',
  hunts: [hunt],
  now,
};

test("when a watchlist holds addresses and ranges, then they become one entry with cidr; what can't be one is told", async () => {
  const file = fileOf(
    'SearchKey,IPAddress,Description\n192.0.2.10,192.0.2.10,office egress\nx,198.51.100.0/24,vpn\ny,192.0.2.10,again\nz,,none\nw,10.1.2.3-10.1.2.9,printers\nv,0.0.0.0/0,all\n',
  );
  const imported = await importWatchlist({ ...request, file });
  expect(parse(imported.yaml)).toEqual([
    {
      id: 'corp-ips',
      reason: 'Our own addresses',
      owner: 'soc@example.com',
      expires: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      hunts: [hunt.id],
      any: [{ RemoteIP: { cidr: ['192.0.2.10', '198.51.100.0/24'] } }],
    },
  ]);
  expect(printImported(imported)).toBe(
    [
      '2 values; 2 left out:',
      '  10.1.2.3-10.1.2.9: "10.1.2.3-10.1.2.9" is not an IPv4 or IPv6 range such as 10.0.0.0/8 or 2001:db8::/32',
      '  0.0.0.0/0: "0.0.0.0/0" matches too much: the prefix is at least /8',
    ].join('\n'),
  );
});

test('when it holds names, in the encoding of Excel, then they are compared as whole texts', async () => {
  const file = fileOf(Buffer.from('\uFEFFHost\tOwner\nKafé-01\tit\nlab-*\tit\n', 'utf16le'));
  const imported = await importWatchlist({ ...request, file, column: 'host', to: 'DeviceName' });
  expect(parse(imported.yaml)).toMatchObject([{ any: [{ DeviceName: { equals: ['Kafé-01'] } }] }]);
  expect(imported.leftOut).toEqual([{ value: 'lab-*', reason: expect.stringContaining('startsWith') }]);
});

test('when it holds more than a list may, then it becomes several lists', async () => {
  const names = Array.from({ length: 2_001 }, (_, index) => `host-${index}`);
  const file = fileOf(`Host\n${names.join('\n')}\n`);
  const { yaml, values } = await importWatchlist({ ...request, file, column: 'Host', to: 'DeviceName' });
  expect(values).toBe(2_001);
  const [entry] = parse(yaml) as [{ any: { DeviceName: { equals: string[] } }[] }];
  expect(entry.any.map(({ DeviceName }) => DeviceName.equals.length)).toEqual([1_000, 1_000, 1]);
});

test.each([
  [{ column: 'Adress' }, /has no column Adress; it has IPAddress, Note/],
  [{ to: 'RemotIP' }, /RemotIP: is not a documented column/],
  [{ expires: '31.12.2026' }, /expires: must be a date such as 2027-05-31/],
  [{ id: 'Corp IPs' }, /id: must be lower-case letters/],
])('when %j is wrong, then the error names it', async (change, words) => {
  const file = fileOf('IPAddress,Note\n192.0.2.10,x\n');
  await expect(importWatchlist({ ...request, ...change, file })).rejects.toThrow(words);
});
