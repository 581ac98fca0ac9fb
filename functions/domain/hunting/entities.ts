/** What a sighting is about besides its device, as the row says it. */
export interface Entity {
  kind: EntityKind;
  value: string;
}

export const entityKinds = [
  'account',
  'address',
  'app',
  'domain',
  'file',
  'hash',
  'host',
  'mailbox',
  'resource',
  'url',
] as const;
export type EntityKind = (typeof entityKinds)[number];

/** A column of a result whose values name entities. */
export interface EntityColumn {
  column: string;
  kind: EntityKind;
}

/** So many of one sighting are remembered: each is a row of the index. */
const MOST_ENTITIES = 6;

/** The entities of a row, in the order in which the hunt names their columns; the same value counts once. */
export function entitiesOf(
  row: Readonly<Record<string, unknown>>,
  columns: readonly EntityColumn[] = [],
): Entity[] {
  const found = new Map<string, Entity>();
  for (const { column, kind } of columns) {
    const cell = row[column];
    const value = typeof cell === 'string' ? cell.trim() : '';
    if (value !== '' && !found.has(entityName(value))) found.set(entityName(value), { kind, value });
  }
  return [...found.values()].slice(0, MOST_ENTITIES);
}

/** Of two looks at one thing, the later first. */
export function mergeEntities(one: readonly Entity[], other: readonly Entity[]): Entity[] {
  const all = new Map([...one, ...other].map((entity) => [entityName(entity.value), entity]));
  return [...all.values()].slice(0, MOST_ENTITIES);
}

/** What an entity is found by: sources write the same account, address or hash in different cases. */
export function entityName(value: string): string {
  return value.trim().toLowerCase();
}

/** Columns of Defender's and Sentinel's tables that name an entity. Device columns are not among them: memory is ordered by devices anyway. */
const known: readonly [EntityKind, RegExp][] = [
  ['account', /(AccountUpn|AccountObjectId|AccountSid|UserPrincipalName|^UserId|^Account)$/],
  ['address', /(RemoteIP|IPAddress|IpAddress|ClientIP|SourceIP|DestinationIP|SrcIpAddr|DstIpAddr|OriginIP)$/],
  ['url', /(RemoteUrl|^Url|OriginUrl)$/],
  ['domain', /(^Domain|UrlDomain|DnsQuery|DomainName)$/],
  ['hash', /(SHA1|SHA256|MD5|FileHash)$/],
  ['mailbox', /(RecipientEmailAddress|SenderFromAddress|SenderMailFromAddress|MailboxOwnerUPN)$/],
];

/** What kind of entity a column names, where its name is a usual one. */
export function kindOfColumn(name: string): EntityKind | undefined {
  return known.find(([, pattern]) => pattern.test(name))?.[0];
}
