import { z } from 'zod';
import type { Rule, RuleFile } from './rule.ts';

const anyObject = z.record(z.string(), z.unknown());

/** An alert rule or a saved search, in a template, in an answer of the management API, or in a list of either. */
const resource = z.looseObject({
  type: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
  id: z.string().optional(),
  properties: anyObject,
});
type Resource = z.infer<typeof resource>;

const tag = z.object({ name: z.string(), value: z.string() });
const guid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** What Sentinel's portal exports, and templates that bring rules. */
export function readArmFile(content: string): RuleFile {
  const text = content.replace(/^\uFEFF/, '');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = `not valid JSON: ${error instanceof Error ? error.message : String(error)}`;
    return { format: 'JSON', refused: [{ line: 1, why }] };
  }
  const rules: Rule[] = [];
  const refused: RuleFile['refused'] = [];
  const passed: RuleFile['passed'] = [];
  for (const found of resourcesIn(value)) {
    const { properties } = found;
    const name = textOf(properties.displayName) ?? found.name ?? 'a rule without a name';
    const line = lineOf(text, properties.displayName ?? found.name ?? found.kind);
    const query = textOf(properties.query);
    if (query === undefined || query.trim() === '')
      passed.push({ line, why: `is a rule of kind ${found.kind ?? 'unknown'}, which has no query` });
    else if (/^\[(concat|parameters|variables|format)\s*\(/.test(query))
      refused.push({
        line,
        why: `${name}: its query is an expression of the template (${query.slice(0, 40)}…); write the query itself in its place`,
      });
    else rules.push(ruleOf(found, name, query, line));
  }
  return {
    format: 'JSON template',
    rules: rules.map((rule) => ({ ...rule, part: rules.length === 1 ? '' : (rule.id ?? rule.name) })),
    refused,
    passed:
      rules.length + refused.length + passed.length > 0
        ? passed
        : [{ line: 1, why: 'is JSON without rules (alertRules, savedSearches)' }],
  };
}

function ruleOf(
  { type, kind, id, name: resourceName, properties }: Resource,
  name: string,
  query: string,
  line: number,
): Rule {
  const ids = `${id ?? ''} ${resourceName ?? ''}`.match(guid);
  const tags = z.array(tag).safeParse(properties.tags).data ?? [];
  const tagged = (wanted: string) => tags.find((one) => one.name.toLowerCase() === wanted)?.value;
  const list = (value: unknown, from: string) =>
    z.array(z.string()).safeParse(value).data ??
    tagged(from)
      ?.split(',')
      .map((one) => one.trim());
  const techniques = [
    ...(list(properties.techniques, 'techniques') ?? []),
    ...(list(properties.subTechniques, '') ?? []),
  ];
  const kept = [
    'severity',
    'queryFrequency',
    'queryPeriod',
    'triggerOperator',
    'triggerThreshold',
    'entityMappings',
    'customDetails',
    'alertDetailsOverride',
    'eventGroupingSettings',
  ];
  const own = ids?.at(-1)?.toLowerCase();
  return {
    line,
    part: '',
    ...(own && { id: own }),
    name,
    query: query.replace(/\r\n?/g, '\n'),
    header: {
      description: textOf(properties.description) ?? tagged('description') ?? name,
      ...(kind && !/savedSearches$/i.test(type ?? '') && { kind }),
      ...Object.fromEntries(
        kept.flatMap((key) =>
          properties[key] === undefined || properties[key] === null ? [] : [[key, properties[key]]],
        ),
      ),
      tactics: list(properties.tactics, 'tactics') ?? [],
      relevantTechniques: techniques.filter((one) => /^T\d{4}(\.\d{3})?$/.test(one)),
    },
    remarks:
      properties.enabled === false ? ['the rule is switched off in the export; as a hunt it runs'] : [],
  };
}

/** Rules at any depth: templates nest deployments, and solutions nest templates. */
function* resourcesIn(value: unknown): Generator<Resource> {
  if (Array.isArray(value)) {
    for (const item of value) yield* resourcesIn(item);
    return;
  }
  const found = resource.safeParse(value);
  if (found.success && isRule(found.data)) {
    yield found.data;
    return;
  }
  const object = anyObject.safeParse(value);
  if (object.success) for (const inner of Object.values(object.data)) yield* resourcesIn(inner);
}

function isRule({ type = '', kind = '', properties }: Resource): boolean {
  if (/\/(alertRules|savedSearches)$|\/AlertRuleTemplates$/i.test(type)) return true;
  return type === '' && /^(Scheduled|NRT)$/.test(kind) && typeof properties.query === 'string';
}

/** Two brackets stand for one in a template's text. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replace(/^\[\[/, '[') : undefined;
}

function lineOf(text: string, value: unknown): number {
  const at = typeof value === 'string' ? text.indexOf(JSON.stringify(value)) : -1;
  return at < 0 ? 1 : text.slice(0, at).split('\n').length;
}
