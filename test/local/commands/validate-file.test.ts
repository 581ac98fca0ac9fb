import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const command = join(import.meta.dirname, '../../../local/commands/validate-file.ts');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'validate-'));
  const host = { type: 'string', enum: ['function'] };
  const services = { type: 'object', additionalProperties: { required: ['host'], properties: { host } } };
  const elsewhere = { $ref: 'https://elsewhere.example/other.json' };
  const schema = {
    $schema: 'https://json-schema.org/draft/2019-09/schema',
    $id: 'https://example.com/azure.json',
    properties: { services, agent: elsewhere },
  };
  await writeFile(join(folder, 'schema.json'), JSON.stringify(schema));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['is as the schema says', 'services:\n  hunter:\n    host: function\n', 0, ': valid'],
  [
    'lacks what is required',
    'services:\n  hunter: {}\n',
    1,
    "/services/hunter must have required property 'host'",
  ],
  [
    'has another value',
    'services:\n  hunter:\n    host: disk\n',
    1,
    '/services/hunter/host must be equal to one of',
  ],
])('when a file %s, then the command says so', async (_, text, code, said) => {
  const file = join(folder, 'azure.yaml');
  await writeFile(file, text);
  const result = await new Promise<{ code: unknown; stdout: string }>((done) =>
    execFile(process.execPath, [command, file, join(folder, 'schema.json')], (error, stdout) =>
      done({ code: error?.code ?? 0, stdout }),
    ),
  );
  expect(result).toEqual({ code, stdout: expect.stringContaining(said) });
});
