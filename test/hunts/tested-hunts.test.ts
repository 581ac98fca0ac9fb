import { checkout } from '../../local/environment/checkout.ts';
import { checkHunts, passes } from '../../local/hunts/check-hunts.ts';
import { printChecks } from '../../local/printing/print-hunts.ts';

test('every hunt that ships is well, and so are its tests', async () => {
  const checks = await checkHunts({ root: checkout });
  expect(checks.every(passes) ? '' : printChecks(checks)).toBe('');
  expect(checks.map(({ file, cases }) => [file, cases.length > 5])).toEqual([
    ['hunts/addigy-footprint.yaml', true],
    ['hunts/addigy.yaml', true],
  ]);
}, 120_000);
