import { z } from 'zod';
import { yamlErrors } from '../../../functions/adapters/files/hunt-files.ts';
import { parseYamlFile, withoutTabs } from '../../../functions/adapters/files/read-yaml-folder.ts';
import { queriesIn } from './read-query-file.ts';
import { type RuleFile, techniquesIn } from './rule.ts';

const mapping = z.record(z.string(), z.unknown());
const oneText = z.string().trim().min(1);
const isGuid = z.guid();

/** Sentinel's YAML, hunting queries and analytics rules alike; `text` is kept, so that it can be taken as it is. */
export function readYamlRule(name: string, content: string): RuleFile {
  const file = withoutTabs(parseYamlFile('', content));
  const format = 'YAML';
  const [error] = yamlErrors(file);
  if (error) {
    const fill = /%%\w+%%/.exec(file.text)?.[0];
    const remedy = fill === undefined ? '' : `; it is a template with ${fill} in it: fill that in`;
    return {
      format,
      refused: [{ line: error.line, why: `not valid YAML: ${error.message}${remedy}` }],
    };
  }
  if (typeof file.value === 'string' && file.text.includes('|')) {
    const rules = queriesIn(file.text.trim()).map(({ query, line }, index, all) => ({
      line,
      part: all.length === 1 ? '' : String(index + 1),
      name: all.length === 1 ? name : `${name} (${index + 1})`,
      query,
      header: { description: name, relevantTechniques: techniquesIn(file.text) },
      remarks: ['it is a query alone, without the keys of a hunt; they were made'],
    }));
    return { format, rules };
  }
  const { data } = mapping.safeParse(file.value);
  if (!data || !('query' in data)) {
    const meant =
      data && ['tactics', 'relevantTechniques', 'requiredDataConnectors'].some((key) => key in data);
    return meant
      ? { format, refused: [{ line: 1, why: 'query: is missing; a hunt is nothing without it' }] }
      : { format, passed: [{ line: 1, why: 'is YAML without a query' }] };
  }
  const line = file.lineOf(['query']);
  const query = oneText.safeParse(data.query);
  if (!query.success) return { format, refused: [{ line, why: 'query: is empty' }] };
  const { id, name: given, query: _, ...header } = data;
  const own = isGuid.safeParse(id).data;
  const called = oneText.safeParse(given).data;
  return {
    format: 'queryPeriod' in data || 'triggerOperator' in data ? 'YAML analytics rule' : 'YAML hunting query',
    rules: [
      {
        line,
        part: '',
        ...(own && { id: own.toLowerCase() }),
        name: called ?? name,
        query: String(data.query).replace(/\r\n?/g, '\n'),
        header,
        remarks: [
          ...(own ? [] : ['it has no GUID as its id; one was made of its name']),
          ...(called === undefined ? ['it has no name; its file gave one'] : []),
        ],
        text: file.text,
      },
    ],
  };
}
