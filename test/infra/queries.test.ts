import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bindKql } from 'kql-workspace/parse.ts';
import { at, deployOffline, ofType, only } from './arm/deploy-offline.ts';
import type { Deployment } from './arm/evaluate-template.ts';
import { telemetryTables } from './telemetry-tables.ts';
import { sentOfOneRun } from './telemetry-workspace.ts';

const root = join(import.meta.dirname, '../..');

test("Microsoft's binder finds a column that is not there", () => {
  expect(bindKql('AppEvents | where Nane == 1', telemetryTables)).not.toEqual([]);
});

describe('the alert rules', () => {
  let made: Deployment;
  beforeAll(() => {
    made = deployOffline({ actionGroupResourceIds: '/group/1, /group/2', alertAfterHours: 7 });
  });

  test('are there for a hunt that does not complete, silence, refused and waiting messages, failures, writes by others, and much that is hidden', () => {
    const rules = ofType(made, 'Microsoft.Insights/scheduledQueryRules');
    expect(rules.map(({ name }) => name)).toEqual([
      'threat-hunter-hunt-overdue',
      'threat-hunter-silence',
      'threat-hunter-dead-letters',
      'threat-hunter-undelivered',
      'threat-hunter-failures',
      'threat-hunter-foreign-writes',
      'threat-hunter-much-hidden',
    ]);
  });

  test('each bind, split by columns that they return, and notify the action groups', () => {
    for (const rule of ofType(made, 'Microsoft.Insights/scheduledQueryRules')) {
      const condition = 'properties.criteria.allOf.0';
      const query = String(at(rule, `${condition}.query`));
      expect([rule.name, bindKql(query, telemetryTables)]).toEqual([rule.name, []]);
      const split = at(rule, `${condition}.dimensions`);
      const columns = (Array.isArray(split) ? split : []).map((one) => (one as { name: string }).name);
      const byColumn = `${query.trimEnd()}\n| project ${['x = 1', ...columns].join(', ')}`;
      expect([rule.name, bindKql(byColumn, telemetryTables)]).toEqual([rule.name, []]);
      expect(at(rule, 'properties.actions.actionGroups')).toEqual(['/group/1', '/group/2']);
      expect(at(rule, 'properties.scopes.0')).toMatch(/Microsoft\.OperationalInsights\/workspaces\/log-/);
    }
  });

  test('wait as long as the parameter says', () => {
    const queries = ofType(made, 'Microsoft.Insights/scheduledQueryRules').map((rule) =>
      String(at(rule, 'properties.criteria.allOf.0.query')),
    );
    expect(queries.filter((query) => query.includes('let allowed = 7h;'))).toHaveLength(3);
    expect(queries.join()).not.toContain('let allowed = 12h;');
  });
});

test('the workbook is well-formed, and each of its queries binds', async () => {
  const workbook = only(deployOffline(), 'Microsoft.Insights/workbooks');
  const { version, items }: { version: string; items: { type: number; content: { query?: string } }[] } =
    JSON.parse(String(at(workbook, 'properties.serializedData')));
  expect(version).toBe('Notebook/1.0');
  expect(items.map(({ type }) => type)).toEqual([9, 3, 3, 3, 3, 3, 3, 3, 3]);
  for (const { content } of items)
    if (content.query)
      expect([content.query, bindKql(content.query, telemetryTables)]).toEqual([content.query, []]);
});

/** Every query that people or Azure run: those of the template, and those in the documents. */
const queries = [
  ...globSync('infra/queries/*.kql', { cwd: root }).map(
    (file) => [file, readFileSync(join(root, file), 'utf8')] as const,
  ),
  ...globSync('docs/*.md', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/^```kql\n([\s\S]*?)^```$/gm)].map(
      ([, query = '']) => [`${file}: ${query.split('\n')[0]}`, query] as const,
    ),
  ),
].filter(([, query]) => query.includes('App'));

describe('queries over the telemetry', () => {
  test.each(queries)('%s binds', (_, query) => {
    expect(bindKql(query, telemetryTables)).toEqual([]);
  });

  test.each(queries)('%s asks for events, properties and measurements that there are', (_, query) => {
    const events = [...query.matchAll(/Name (?:==|in) \(?((?:'\w+'(?:, )?)+)/g)].flatMap(([, list = '']) =>
      [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name),
    );
    for (const name of events) expect(Object.keys(emitted)).toContain(name);
    const known = Object.entries(emitted).filter(([name]) => events.includes(name));
    for (const [, kind = '', name] of query.matchAll(/\b(Properties|Measurements)\.(\w+)/g)) {
      const names = known.flatMap(([, event]) =>
        kind === 'Properties' ? event.properties : event.measurements,
      );
      expect(names).toContain(name);
    }
  });
});

/** What the product really sends, event by event. */
const emitted: Record<string, { properties: string[]; measurements: string[] }> = {};
for (const { name, properties, measurements } of sentOfOneRun('2026-01-01T00:00:00.000Z')) {
  const known = emitted[name] ?? { properties: [], measurements: [] };
  emitted[name] = {
    properties: [...known.properties, ...Object.keys(properties)],
    measurements: [...known.measurements, ...Object.keys(measurements ?? {})],
  };
}
