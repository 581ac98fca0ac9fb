import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readConfig } from '../../functions/settings/config.ts';
import { settings } from '../../functions/settings/settings.ts';

const root = join(import.meta.dirname, '..', '..');
const readJson = async (file: string) => JSON.parse(await readFile(join(root, file), 'utf8'));

/** Not for a person to set on their own machine: Azure, azd or a managed identity gives them. */
const setByThePlatform = [
  'AZURE_CLIENT_ID',
  'AzureWebJobsStorage__tableServiceUri',
  'AzureWebJobsStorage__clientId',
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'WEBSITE_HOSTNAME',
  'WEBSITE_SITE_NAME',
];

test('the sample settings name every setting that the code reads, and are good as they are', async () => {
  const { IsEncrypted, Values } = await readJson('local.settings.sample.json');
  const read = Object.keys(settings.shape).filter((name) => !setByThePlatform.includes(name));

  expect(IsEncrypted).toBe(false);
  expect(Object.keys(Values)).toEqual(expect.arrayContaining(read));
  expect(() => readConfig(Values)).not.toThrow();
});

test('every setting that an exclusion refers to has a sample', async () => {
  const { Values } = await readJson('local.settings.sample.json');
  const text = await readFile(join(root, 'exclusions', 'addigy.yaml'), 'utf8');
  const referred = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);

  expect(referred.length).toBeGreaterThan(0);
  expect(Object.keys(Values)).toEqual(expect.arrayContaining(referred));
});

test('of the files in git, only what runs in Azure is deployed; the folder node_modules is not named, its contents are', async () => {
  const git = async (...args: string[]) =>
    (await promisify(execFile)('git', args, { cwd: root, maxBuffer: 1e8 })).stdout
      .split('\n')
      .filter(Boolean);
  const ignored = new Set(await git('ls-files', '--cached', '--ignored', '--exclude-from=.funcignore'));
  const deployed = (await git('ls-files')).filter((file) => !ignored.has(file));

  expect([...new Set(deployed.map((file) => file.split('/')[0]))].sort()).toEqual([
    'exclusions',
    'host.json',
    'hunts',
    'package.json',
  ]);
  const patterns = (await readFile(join(root, '.funcignore'), 'utf8')).split('\n');
  expect(patterns).toContain('/node_modules/*');
  expect(patterns).not.toContain('/node_modules');
});

test('a function may run longer than its own limits, and sampling never drops what we send', async () => {
  const host = await readJson('host.json');
  const { samplingSettings } = host.logging.applicationInsights;

  expect(host.version).toBe('2.0');
  expect(host.functionTimeout).toBe('00:30:00');
  expect(samplingSettings.excludedTypes.split(';').sort()).toEqual([
    'Event',
    'Exception',
    'Request',
    'Trace',
  ]);
});
