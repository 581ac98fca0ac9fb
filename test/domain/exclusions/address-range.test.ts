import { readAddressRange } from '../../../functions/domain/exclusions/address-range.ts';

test.each([
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['203.0.113.7', '203.0.113.7/32'],
  ['192.0.2.128/25', '192.0.2.128/25'],
  ['2001:db8::/32', '2001:db8::/32'],
  ['2001:db8::1', '2001:db8::1/128'],
  ['fc00::/7', 'fc00::/7'],
  ['fe80::/10', 'fe80::/10'],
  ['::1', '::1/128'],
])('%s is the range %s', (text, range) => {
  expect(readAddressRange(text)).toEqual({ range });
});

test.each([
  ['0.0.0.0/0', 'matches too much'],
  ['::/0', 'matches too much'],
  ['64.0.0.0/2', 'matches too much'],
  ['10.0.0.1/8', 'bits set'],
  ['192.0.2.129/25', 'bits set'],
  ['2001:db8::1/32', 'bits set'],
  ['fe80::1/10', 'bits set'],
  ['::ffff:10.0.0.0/104', 'IPv4 in IPv6 form'],
  ['::ffff:0:0/96', 'IPv4 in IPv6 form'],
  ['::ffff:10.0.0.1', 'IPv4 in IPv6 form'],
  ['10.0.0.0/33', 'is not an'],
  ['10.0.0/8', 'is not an'],
  ['010.0.0.0/8', 'is not an'],
  ['10.0.0.0/', 'is not an'],
  ['10.0.0.0 /8', 'is not an'],
  ['fe80::1%en0', 'is not an'],
  ['example.com', 'is not an'],
])('%s is refused: it %s', (text, why) => {
  expect(readAddressRange(text)).toEqual({ problem: expect.stringContaining(why) });
});
