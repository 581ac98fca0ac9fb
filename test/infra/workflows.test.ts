import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { parse } from 'yaml';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');
const files = globSync('.github/workflows/*.yml', { cwd: root });

/** What GitHub's own parser says about a workflow: keys, expressions, contexts. */
async function problemsOf(name: string, content: string): Promise<string[]> {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  if (value) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

const workflowSchema = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      'timeout-minutes': z.number(),
      if: z.string().optional(),
      needs: z.string().optional(),
      permissions: z.record(z.string(), z.string()).optional(),
      steps: z.array(z.object({ uses: z.string().optional(), run: z.string().optional() })),
    }),
  ),
});

test('there are workflows', () => {
  expect(files.map((file) => basename(file)).toSorted()).toEqual(['ci.yml', 'deploy.yml']);
});

test.each([
  ['a misspelt key', 'on: push\njobs:\n  a:\n    runs-on: x\n    stepz: []\n', 'stepz'],
  [
    'an unknown context',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub's own syntax
    'on: push\njobs:\n  a:\n    runs-on: x\n    env: { A: "${{ secretz.A }}" }\n    steps: [{ run: x }]\n',
    'secretz',
  ],
])('the parser finds %s', async (_, content, found) => {
  expect((await problemsOf('x.yml', content)).join()).toContain(found);
});

describe.each(files)('%s', (file) => {
  const content = readFileSync(join(root, file), 'utf8');
  const workflow = workflowSchema.parse(parse(content));
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  test("is a workflow by GitHub's own parser", async () => {
    expect(await problemsOf(file, content)).toEqual([]);
  });

  test('uses actions by commit, which nobody can move', () => {
    for (const { uses } of steps) if (uses) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  });

  test('may read the repository, and nothing else', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  test('asks for a login token only where no package of others runs', () => {
    for (const job of Object.values(workflow.jobs)) {
      if (!job.permissions) continue;
      expect(job.permissions).toEqual({ 'id-token': 'write' });
      for (const { uses = '', run = '' } of job.steps) {
        expect(run).not.toMatch(/\b(npm|npx|node)\b/);
        expect(uses).not.toMatch(/checkout|setup-node/);
      }
    }
  });

  test('puts no expression into a shell, where its text would be run', () => {
    for (const { run } of steps) expect(run ?? '').not.toMatch(/\$\{\{/);
  });

  test('holds no stored Azure password', () => {
    expect(content).not.toMatch(/AZURE_CREDENTIALS|CLIENT_SECRET|publish-profile/i);
  });

  test('calls npm scripts that there are', () => {
    const called = steps.flatMap(({ run }) =>
      [...(run ?? '').matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name),
    );
    for (const name of called) expect(Object.keys(packageJson.scripts)).toContain(name);
  });
});

test('what is deployed is what was built and tested, from main alone', () => {
  const deploy = workflowSchema.parse(
    parse(readFileSync(join(root, '.github/workflows/deploy.yml'), 'utf8')),
  );
  const { build, deploy: last } = deploy.jobs;
  expect(build?.if).toBe("github.ref == 'refs/heads/main'");
  expect(last?.needs).toBe('build');
  expect(last?.steps.flatMap(({ uses }) => uses?.split('@')[0] ?? [])).toEqual([
    'actions/download-artifact',
    'Azure/setup-azd',
  ]);
});
