import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../functions/settings/config.ts';

const root = join(import.meta.dirname, '../..');

const script = z.strictObject({ shell: z.enum(['sh', 'pwsh']), run: z.string().min(1) });
const hook = z.strictObject({ posix: script, windows: script });
/** The part of azd's schema (schemas/v1.0/azure.yaml.json of Azure/azure-dev) that the file uses; a misspelt key is an error. */
const azureYaml = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
  requiredVersions: z.strictObject({ azd: z.string() }),
  infra: z.strictObject({ provider: z.literal('bicep'), path: z.string(), module: z.string() }),
  services: z.record(
    z.string(),
    z.strictObject({
      host: z.literal('function'),
      language: z.literal('js'),
      project: z.string(),
      dist: z.string(),
      remoteBuild: z.boolean(),
    }),
  ),
  hooks: z.strictObject({ preprovision: hook, postprovision: hook }),
});
const azd = azureYaml.parse(parse(readFileSync(join(root, 'azure.yaml'), 'utf8')));

describe('azure.yaml', () => {
  test('names a template that is there, and the service by the tag of the function app', () => {
    const { path, module } = azd.infra;
    expect(existsSync(join(root, path, `${module}.bicep`))).toBe(true);
    const tag = /'azd-service-name': '([a-z]+)'/.exec(
      readFileSync(join(root, path, 'modules/function-app.bicep'), 'utf8'),
    )?.[1];
    expect(Object.keys(azd.services)).toEqual([tag]);
  });

  test('asks for an azd whose azd down leaves the resource group of the Sentinel workspace alone', () => {
    const [, major, minor] = /^>= (\d+)\.(\d+)\.\d+$/.exec(azd.requiredVersions.azd) ?? [];
    expect(Number(major) * 1000 + Number(minor)).toBeGreaterThanOrEqual(1025);
  });

  test('deploys what the build lays out, as it is', () => {
    expect(azd.services.hunter).toMatchObject({ project: '.', dist: '.deploy', remoteBuild: false });
  });
});

describe('the hooks', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hooks-'));
    // azd env set NAME=VALUE, for the hook to call.
    writeFileSync(join(folder, 'azd'), `#!/bin/sh\nprintf '%s\\n' "$@" >> "${folder}/calls"\n`);
    chmodSync(join(folder, 'azd'), 0o755);
    npm('exit 1');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const npm = (does: string) => {
    writeFileSync(join(folder, 'npm'), `#!/bin/sh\n${does}\n`);
    chmodSync(join(folder, 'npm'), 0o755);
  };
  const run = (text: string, env: Record<string, string> = {}) => {
    execFileSync('sh', ['-c', text], {
      env: { PATH: [folder, dirname(process.execPath), process.env.PATH].join(delimiter), ...env },
    });
    const calls = join(folder, 'calls');
    return existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : [];
  };

  test('before provisioning: a new signing secret of 32 random bytes, which the code and the signature library accept', () => {
    const [, , first = ''] = run(azd.hooks.preprovision.posix.run);
    const second = run(azd.hooks.preprovision.posix.run).at(-1);
    const secret = /^WEBHOOK_FUNCTION_SECRET=(whsec_[A-Za-z0-9+/]{43}=)$/.exec(first)?.[1] ?? '';
    expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
    expect(second).not.toBe(first);
    expect(() => new Webhook(secret)).not.toThrow();
    const config = readConfig({
      LOG_ANALYTICS_WORKSPACE_ID: '33333333-3333-3333-3333-333333333333',
      AzureWebJobsStorage: 'UseDevelopmentStorage=true',
      WEBSITE_HOSTNAME: 'localhost',
      TEAMS_WEBHOOK_URL: 'https://hooks.example/',
      WEBHOOK_FUNCTION_SECRET: secret,
    });
    expect(config.webhookFunction.secrets).toEqual([secret]);
  });

  test('before provisioning: azd is told of the tables that the hunts read; where nobody can tell, it is not', () => {
    const secret = { WEBHOOK_FUNCTION_SECRET: 'whsec_given' };
    expect(run(azd.hooks.preprovision.posix.run, secret)).toEqual([]);
    npm(
      `[ "$*" = "run -s hunts -- tables --azd" ] && printf '%s\\n' 'HUNT_TABLES=["A","B C"]' 'HUNT_TABLES_OF_HUNTS=["A"]'`,
    );
    expect(run(azd.hooks.preprovision.posix.run, secret)).toEqual([
      'env',
      'set',
      'HUNT_TABLES=["A","B C"]',
      'env',
      'set',
      'HUNT_TABLES_OF_HUNTS=["A"]',
    ]);
  });

  test('before provisioning: a secret that is set already is left alone', () => {
    expect(run(azd.hooks.preprovision.posix.run, { WEBHOOK_FUNCTION_SECRET: 'whsec_given' })).toEqual([]);
  });

  test('after provisioning: nothing of it stays on the disk', () => {
    expect(run(azd.hooks.postprovision.posix.run)).toEqual(['env', 'set', 'WEBHOOK_FUNCTION_SECRET=']);
  });

  test('on Windows: the same commands', () => {
    for (const { posix, windows } of Object.values(azd.hooks)) {
      const commands = (text: string) =>
        text
          .match(/azd env set [^$]*WEBHOOK.*|npm run -s hunts -- tables --azd/g)
          ?.map((line) => line.replaceAll('"', ''));
      expect(commands(windows.run)).toEqual(commands(posix.run));
    }
  });
});
