import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { settings } from '../../functions/settings/settings.ts';
import { parameters } from '../../infra/main.parameters.json';
import packageJson from '../../package.json' with { type: 'json' };
import { deployOffline, ofType } from './arm/deploy-offline.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const documents = [
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...globSync('docs/{architecture,configuration,operations}.md', { cwd: root }),
];

/** The rows of the table under a heading, cell by cell, without its head. */
function rowsUnder(markdown: string, heading: string): string[][] {
  const section = markdown.split(`\n## ${heading}\n`)[1]?.split(/\n## /)[0] ?? '';
  const lines = section.split('\n');
  const first = lines.findIndex((line) => line.startsWith('| ---'));
  const after = lines.slice(first + 1);
  const end = after.findIndex((line) => !line.startsWith('|'));
  return after.slice(0, end < 0 ? undefined : end).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const code = (cell: string | undefined) => /^`([^`]+)`$/.exec(cell ?? '')?.[1] ?? '';

describe('docs/configuration.md', () => {
  const markdown = read('docs/configuration.md');
  const rows = rowsUnder(markdown, 'Settings of the app');

  test('names every setting that the code reads, and no other', () => {
    expect(rows.map(([name]) => code(name)).toSorted()).toEqual(Object.keys(settings.shape).toSorted());
  });

  test('tells defaults as they are', () => {
    for (const [name, text] of rows) {
      const schema = settings.shape[code(name) as keyof typeof settings.shape];
      const byDefault = schema.safeParse(undefined);
      const told = text === '' ? { success: true, data: undefined } : schema.safeParse(code(text));
      expect([name, told.success && told.data]).toEqual([
        name,
        byDefault.success ? byDefault.data : undefined,
      ]);
    }
  });

  test('says "you" of what azd can set by the same name, secrets included', () => {
    const byYou = rows.filter(([, , who = '']) => who.startsWith('you')).map(([name]) => code(name));
    const asParameters = Object.values(parameters).flatMap(({ value }) =>
      typeof value === 'string' ? [value.slice(2, -1)] : Object.keys(value),
    );
    expect(byYou.filter((name) => !asParameters.includes(name))).toEqual([]);
    expect(Object.keys(parameters.settings.value).filter((name) => !byYou.includes(name))).toEqual([]);
  });

  test('names every parameter of the deployment, with its azd name', () => {
    const { settings: _, ...others } = parameters;
    expect(
      rowsUnder(markdown, 'Parameters of the deployment')
        .map(([azd, name]) => [code(name), code(azd)])
        .toSorted(),
    ).toEqual(
      Object.entries(others)
        .map(([name, { value }]) => [name, value.slice(2, -1)])
        .toSorted(),
    );
  });
});

describe('docs/operations.md', () => {
  const markdown = read('docs/operations.md');

  test('explains every alert rule, and no other', async () => {
    const rules = ofType(deployOffline(), 'Microsoft.Insights/scheduledQueryRules');
    expect(
      rowsUnder(markdown, 'Alerts')
        .map(([name]) => code(name))
        .toSorted(),
    ).toEqual(rules.map(({ name }) => name).toSorted());
  });

  test('uses names of the deployment that it gives out', async () => {
    const { outputs } = deployOffline();
    const used = [
      ...markdown.matchAll(/"\$(AZURE_RESOURCE_GROUP|[A-Z]+_(?:APP|VAULT|ACCOUNT)_NAME|FUNCTION_APP_URL)\b/g),
    ].map(([, name]) => name);
    expect(used.length).toBeGreaterThan(5);
    for (const name of used) expect(Object.keys(outputs)).toContain(name);
  });
});

describe.each(documents)('%s', (file) => {
  const markdown = read(file);

  test('links to files and headings that are there', () => {
    for (const [, target = ''] of markdown.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path = '', anchor] = target.split('#');
      const linked = path === '' ? join(root, file) : join(root, dirname(file), path);
      expect([target, existsSync(linked)]).toEqual([target, true]);
      if (anchor)
        expect([target, anchorsOf(readFileSync(linked, 'utf8'))]).toEqual([
          target,
          expect.arrayContaining([anchor]),
        ]);
    }
  });

  test('calls npm scripts that there are', () => {
    for (const [, name = ''] of markdown.matchAll(/npm run ([\w-]+)/g))
      expect(Object.keys(packageJson.scripts)).toContain(name);
  });

  test('closes what it opens: code, and every diagram', () => {
    expect([...markdown.matchAll(/^```/gm)].length % 2).toBe(0);
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('the editor and the dev container', () => {
  test('run scripts, tasks and files that there are', () => {
    const { tasks }: { tasks: { label: string; script?: string; dependsOn?: string }[] } = JSON.parse(
      read('.vscode/tasks.json'),
    );
    const { configurations }: { configurations: { program?: string; preLaunchTask?: string }[] } = JSON.parse(
      read('.vscode/launch.json'),
    );
    const labels = tasks.map(({ label }) => label);
    for (const { script, dependsOn } of tasks) {
      if (script) expect(Object.keys(packageJson.scripts)).toContain(script);
      if (dependsOn) expect(labels).toContain(dependsOn);
    }
    for (const { program, preLaunchTask } of configurations) {
      if (program) expect(existsSync(program.replace(/^\$\{workspaceFolder\}/, root))).toBe(true);
      if (preLaunchTask) expect(labels).toContain(preLaunchTask);
    }
  });

  test('deploy what azd deploys', () => {
    const editor: Record<string, unknown> = JSON.parse(read('.vscode/settings.json'));
    expect(editor['azureFunctions.deploySubpath']).toBe('.deploy');
    expect(read('azure.yaml')).toContain('dist: .deploy');
  });

  test('have the Node version that the app runs on', () => {
    const { image }: { image: string } = JSON.parse(read('.devcontainer/devcontainer.json'));
    expect(image).toContain(`:${process.versions.node.split('.')[0]}-`);
  });
});
