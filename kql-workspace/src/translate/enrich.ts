import { type Enrichment, FILE_ID_COLUMNS, FILE_PROFILE_COLUMNS } from '../enrichment.ts';
import { type KqlNode, standInTable } from '../language-service.ts';
import { convert } from '../values/convert.ts';
import { nullOf } from '../values/scalar-types.ts';
import { excerpt, nameOf, need } from './nodes.ts';
import {
  type Column,
  findColumn,
  type Relation,
  type Scope,
  select,
  type Translation,
  UnsupportedKql,
  withFreshIds,
} from './relation.ts';

/** `invoke FileProfile(…)` or `invoke DeviceFromIP(…)`, over the local file in the function's place. */
export function enriched(
  input: Relation,
  call: KqlNode,
  name: Enrichment,
  scope: Scope,
  translation: Translation,
): Relation {
  const table = translation.table(standInTable(name));
  if (!table) throw new UnsupportedKql(`${name}(), of which there is no local file ${name}.csv`, call);
  const facts = withFreshIds(table, translation);
  return name === 'FileProfile'
    ? fileProfile(input, facts, call, scope, translation)
    : deviceFromIp(input, facts, call, scope, translation);
}

/** How many rows `FileProfile` enriches, unless told otherwise, and at most. */
const USUAL_RECORDS = 100n;
const MAX_RECORDS = 1000n;

function fileProfile(
  input: Relation,
  profiles: Relation,
  call: KqlNode,
  scope: Scope,
  translation: Translation,
): Relation {
  const [idNode, limitNode] = need(call, 'ArgumentList').items('Expressions');
  const idName = idNode ? fileIdOf(idNode, scope, translation) : 'SHA1';
  const digits = FILE_ID_COLUMNS.get(idName);
  const id = findColumn(input, idName);
  if (!digits || !id) throw new UnsupportedKql(`FileProfile() by the column '${idName}'`, idNode ?? call);
  const limit = limitNode
    ? translation.scalar(limitNode, { bindings: scope.bindings }).constant
    : USUAL_RECORDS;
  if (typeof limit !== 'bigint' || limit < 1n)
    throw new UnsupportedKql(`FileProfile() with '${excerpt(limitNode ?? call)}' records`, limitNode ?? call);

  const [ordinal, keyId] = [translation.newId(), translation.newId()];
  const profileKey = columnOf(profiles, digits === 40 ? 'SHA1' : 'SHA256', call);
  const isAsked = `regexp_full_match(${id.id}, '[0-9A-Fa-f]{${digits}}') AND ${ordinal} <= ${limit < MAX_RECORDS ? limit : MAX_RECORDS}`;
  const unique = select(
    profiles,
    `*, lower(${profileKey.id}) AS ${keyId}`,
    `WHERE ${profileKey.id} <> '' QUALIFY row_number() OVER (PARTITION BY lower(${profileKey.id})) = 1`,
  );
  const added = FILE_PROFILE_COLUMNS.filter(({ name }) => !findColumn(input, name)).map(({ name, type }) => {
    const source = columnOf(profiles, name, call).id;
    const sql =
      name === 'ProfileAvailability'
        ? `CASE WHEN ${keyId} IS NOT NULL THEN coalesce(nullif(${source}, ''), 'Available') WHEN ${isAsked} THEN 'Missing' ELSE '' END`
        : type === 'string'
          ? `coalesce(${source}, '')`
          : source;
    return { column: { name, type, nullable: type !== 'string', id: translation.newId() }, sql };
  });
  const items = added.map(({ column, sql }) => `${sql} AS ${column.id}`);
  const rows = select(input, `*, row_number() OVER () AS ${ordinal}`);
  return {
    ...input,
    from: `(SELECT l.*${items.map((item) => `, ${item}`).join('')} FROM ${rows} AS l LEFT JOIN ${unique} AS r ON lower(${id.id}) = ${keyId} AND ${isAsked})`,
    columns: [...input.columns, ...added.map(({ column }) => column)],
  };
}

/** The column is given by its bare name or as a text. */
function fileIdOf(node: KqlNode, scope: Scope, translation: Translation): string {
  if (node.kind === 'NameReference' && !scope.bindings.has(nameOf(node))) return nameOf(node);
  const { constant } = translation.scalar(node, { bindings: scope.bindings });
  if (typeof constant !== 'string') throw new UnsupportedKql(`FileProfile() by '${excerpt(node)}'`, node);
  return constant;
}

/** The devices that had the rows' addresses: each device that is known last, or was at a given time. */
function deviceFromIp(
  input: Relation,
  facts: Relation,
  call: KqlNode,
  scope: Scope,
  translation: Translation,
): Relation {
  const other = input.columns.find(({ name }) => name !== 'IP' && name !== 'Timestamp');
  const ip = findColumn(input, 'IP');
  if (other || !ip) throw new UnsupportedKql('DeviceFromIP() of other columns than IP and Timestamp', call);
  const [timeNode] = need(call, 'ArgumentList').items('Expressions');
  const asOf = timeNode
    ? convert(translation.scalar(timeNode, { bindings: scope.bindings }), 'datetime')
    : nullOf('datetime');
  const [address, device, time] = ['IP', 'DeviceId', 'Timestamp'].map(
    (name) => columnOf(facts, name, call).id,
  );
  const inTime = timeNode ? `WHERE coalesce(${time} <= ${asOf.sql}, TRUE)` : '';
  const latest = select(
    facts,
    '*',
    `${inTime} QUALIFY rank() OVER (PARTITION BY ${address} ORDER BY ${time} DESC NULLS LAST) = 1`,
  );
  const columns: Column[] = ['IP', 'DeviceId'].map((name) => ({
    name,
    type: 'string',
    nullable: false,
    id: translation.newId(),
  }));
  return {
    from: `(SELECT DISTINCT ${address} AS ${columns[0]?.id}, ${device} AS ${columns[1]?.id} FROM ${latest} WHERE ${address} IN (SELECT ${ip.id} FROM ${input.from}))`,
    columns,
    ordered: false,
  };
}

function columnOf(relation: Relation, name: string, node: KqlNode): Column {
  const column = findColumn(relation, name);
  if (!column) throw new UnsupportedKql(`the column '${name}'`, node);
  return column;
}
