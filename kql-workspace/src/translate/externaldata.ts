import type { KqlNode } from '../language-service.ts';
import { convert, parseJson, withoutJsonNull } from '../values/convert.ts';
import {
  type FieldSource,
  isJsonFormat,
  RECORD_FORMATS,
  type RecordFormat,
  type RecordSpec,
  readMapping,
} from '../values/records.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import { excerpt, nameOf, need, scalarTypeOf } from './nodes.ts';
import { outputColumns } from './operator.ts';
import { type Column, type Relation, type Scope, type Translation, UnsupportedKql } from './relation.ts';

/** `externaldata(…)[URLs] with (…)`, over the local files that stand for the URLs. */
export function externalData(node: KqlNode, scope: Scope, translation: Translation): Relation {
  const columns: Column[] = outputColumns(node).map(({ name, type }) => ({
    name,
    type: scalarTypeOf(type, node),
    nullable: type !== 'string',
    id: translation.newId(),
  }));
  const properties = propertiesOf(node, scope, translation);
  const parts = node.items('URIs').map((uri) => {
    const { constant } = translation.scalar(uri, { bindings: scope.bindings });
    if (typeof constant !== 'string') throw new UnsupportedKql(`'${excerpt(uri)}' as a URL`, uri);
    const url = translation.external.known(constant);
    if (url === undefined)
      throw new UnsupportedKql(`externaldata of '${shown(constant)}', for which there is no local file`, uri);
    const spec = specOf(node, constant, columns, properties);
    const json = JSON.stringify(spec);
    try {
      translation.external.rows(url, json);
    } catch (error) {
      throw new UnsupportedKql(`the local file of '${shown(constant)}': ${messageOf(error)}`, uri);
    }
    const items = columns.map(({ type, id }, index) => {
      const value = isJsonFormat(spec.format)
        ? convert(
            { sql: withoutJsonNull(`json_extract(r, '$[${index}]')`), type: 'dynamic', nullable: true },
            type,
          )
        : fromText(`coalesce(json_extract_string(r, '$[${index}]'), '')`, type);
      return `${value.sql} AS ${id}`;
    });
    const records = `unnest(from_json(kql_external(${sqlString(url)}, ${sqlString(json)}), '["JSON"]')) AS r`;
    return `SELECT ${items.join(', ')} FROM (SELECT ${records})`;
  });
  if (parts.length === 0) throw new UnsupportedKql('externaldata without a URL', node);
  return { from: `(${parts.join(' UNION ALL ')})`, columns, ordered: false };
}

function fromText(sql: string, type: Scalar['type']): Scalar {
  const text: Scalar = { sql, type: 'string', nullable: false };
  return type === 'dynamic' ? parseJson(text) : convert(text, type);
}

interface Properties {
  readonly format?: string;
  readonly ignoreFirstRecord: boolean;
  readonly mapping?: string;
  readonly node: KqlNode;
}

function propertiesOf(node: KqlNode, scope: Scope, translation: Translation): Properties {
  let properties: Properties = { ignoreFirstRecord: false, node };
  for (const property of node.child('WithClause')?.items('Properties') ?? []) {
    const value = need(property, 'Expression');
    const { constant } = translation.scalar(value, { bindings: scope.bindings });
    const name = nameOf(need(property, 'Name')).toLowerCase();
    if (name === 'format' && typeof constant === 'string') properties = { ...properties, format: constant };
    else if (name === 'ignorefirstrecord' && typeof constant === 'boolean')
      properties = { ...properties, ignoreFirstRecord: constant };
    else if (name === 'ingestionmapping' && typeof constant === 'string')
      properties = { ...properties, mapping: constant, node: property };
    else throw new UnsupportedKql(`'${excerpt(property)}' of externaldata`, property);
  }
  return properties;
}

function specOf(
  node: KqlNode,
  url: string,
  columns: readonly Column[],
  { format: given, ignoreFirstRecord, mapping, node: mappingNode }: Properties,
): RecordSpec {
  const wanted = (given ?? extensionOf(url)).toLowerCase();
  const format = RECORD_FORMATS.find((known) => known === wanted);
  if (!format) throw new UnsupportedKql(`the format '${wanted}' of externaldata`, node);
  return {
    format,
    ignoreFirstRecord,
    columns: mapping === undefined ? inOrder(columns, format) : mapped(columns, mapping, format, mappingNode),
  };
}

/** Fields in the order of the columns; members of JSON by the columns' names. */
function inOrder(columns: readonly Column[], format: RecordFormat): readonly FieldSource[] {
  return columns.map(({ name }, index) => (isJsonFormat(format) ? { path: [name] } : { ordinal: index }));
}

function mapped(
  columns: readonly Column[],
  mapping: string,
  format: RecordFormat,
  node: KqlNode,
): readonly FieldSource[] {
  try {
    const sources = readMapping(mapping, format);
    return columns.map(({ name }) => sources.get(name) ?? { constant: null });
  } catch (error) {
    throw new UnsupportedKql(`${messageOf(error)} in externaldata`, node);
  }
}

/** The format that the URL's file name says; without one, it is CSV. */
function extensionOf(url: string): string {
  const path = url.replace(/[;?#].*/s, '').replace(/\.(gz|zip)$/i, '');
  const extension = /\.(\w+)$/.exec(path.replace(/^\w+:\/\/[^/]*/, ''))?.[1]?.toLowerCase() ?? 'csv';
  return RECORD_FORMATS.some((known) => known === extension) || /^(avro|orc|parquet)$/.test(extension)
    ? extension
    : 'csv';
}

/** A URL without what may be a secret in it. */
function shown(url: string): string {
  return url.replace(/[;?].*/s, '…');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
