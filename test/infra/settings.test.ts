import { readConfig } from '../../functions/settings/config.ts';
import { settings } from '../../functions/settings/settings.ts';
import { parameters } from '../../infra/main.parameters.json';
import { appSettings, deployOffline, template } from './arm/deploy-offline.ts';
import type { Deployment } from './arm/evaluate-template.ts';
import { toObject } from './arm/template-values.ts';
import { everyVariant, variants } from './arm/variants.ts';

describe.each(everyVariant)('the template, %s', (_, params) => {
  let made: Deployment;
  beforeAll(() => {
    made = deployOffline(params);
  });

  test('sets nothing that the code does not read, beside what the host reads', () => {
    const host = [
      'AzureWebJobsStorage__blobServiceUri',
      'AzureWebJobsStorage__queueServiceUri',
      'AzureWebJobsStorage__credential',
    ];
    const named = {
      ...('exclusionSettings' in params && params.exclusionSettings),
      ...('channelSecrets' in params && params.channelSecrets),
    };
    const known = [...Object.keys(settings.shape), ...host, ...Object.keys(named)];
    expect(Object.keys(appSettings(made)).filter((name) => !known.includes(name))).toEqual([]);
  });

  test('gives settings that the code accepts, once Azure has filled them in', () => {
    const config = readConfig({ ...filledIn(appSettings(made)), WEBSITE_HOSTNAME: 'func.azurewebsites.net' });
    expect(config.storage.kind).toBe('identity');
    expect(config.clientId).toBeDefined();
    expect(config.storageClientId).toBe(config.clientId);
    expect(config.telemetry).toBeDefined();
    expect(config.channels.map(({ kind }) => kind)).toContain('teams');
  });
});

test('every setting that the code reads is set by the template, or by Azure, or is for development', async () => {
  const set = Object.keys(appSettings(deployOffline(variants['with everything'])));
  const byAzure = ['WEBSITE_HOSTNAME', 'WEBSITE_SITE_NAME'];
  const forDevelopment = ['AzureWebJobsStorage', 'WEBHOOK_FUNCTION_URL'];
  expect(Object.keys(settings.shape).toSorted()).toEqual(
    [...new Set([...set.filter((name) => name in settings.shape), ...byAzure, ...forDevelopment])].toSorted(),
  );
});

test('every parameter can be set by azd, and azd sets no other', async () => {
  expect(Object.keys(parameters).toSorted()).toEqual(
    Object.keys(toObject(template.parameters ?? null)).toSorted(),
  );
  const { settings: ofTheApp, ...others } = parameters;
  for (const { value } of Object.values(others)) expect(value).toMatch(/^\$\{[A-Z_]+\}$/);
  // In azd a setting has the name that it has in the app.
  for (const [name, value] of Object.entries(ofTheApp.value)) expect(value).toBe(`\${${name}}`);
  expect(Object.keys(ofTheApp.value)).toEqual(Object.keys(variants['with everything'].settings));
});

/** Settings as an app sees them: endpoints and ids instead of `‹…›`, secrets instead of references. */
function filledIn(given: Record<string, string>): Record<string, string> {
  const guid = '33333333-3333-3333-3333-333333333333';
  const signing = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  let workspaces = 0;
  const known: [RegExp, () => string][] = [
    [/^@Microsoft\.KeyVault\(SecretUri=‹[^›]*vaultUri›secrets\/[a-z0-9-]+-secret\)$/, () => signing],
    [
      /^@Microsoft\.KeyVault\(SecretUri=‹[^›]*vaultUri›secrets\/[a-z0-9-]+\)$/,
      () => 'https://hooks.example/x',
    ],
    [/‹[^›]*primaryEndpoints\.\w+›/g, () => 'https://account.table.core.windows.net/'],
    [/‹[^›]*clientId›/g, () => guid],
    [/‹[^›]*customerId›/g, () => guid.replace(/3$/, String(workspaces++))],
    [/‹[^›]*ConnectionString›/g, () => `InstrumentationKey=${guid}`],
  ];
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      known.reduce((text, [pattern, put]) => text.replace(pattern, put), value),
    ]),
  );
}
