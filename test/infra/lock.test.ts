import packageJson from '../../package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };

type Entry = { link?: boolean; integrity?: string; hasInstallScript?: boolean; resolved?: string };
const entries = Object.entries(lock.packages as Record<string, Entry>).filter(([path]) =>
  path.includes('node_modules/'),
);

test('every package in the lock file has its hash, those of other platforms too', () => {
  expect(entries.length).toBeGreaterThan(500);
  expect(entries.filter(([, { link, integrity }]) => !link && !integrity).map(([path]) => path)).toEqual([]);
});

test('a package that runs a script when it is installed is allowed to by name, or is not', () => {
  const named = new Set(Object.keys(packageJson.allowScripts));
  const scripted = entries.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
  for (const path of scripted) expect(named).toContain(path.split('node_modules/').at(-1));
});

test('the interpreter of the scripts comes from the lock, for each platform that has a package', () => {
  const names = Object.keys(packageJson.optionalDependencies);
  expect(names.filter((name) => /^node-(bin-)?(linux|darwin|win)-/.test(name))).toEqual(names);
  for (const name of names)
    expect(entries.find(([path]) => path === `node_modules/${name}`)?.[1]).toMatchObject({
      integrity: expect.any(String),
    });
});
