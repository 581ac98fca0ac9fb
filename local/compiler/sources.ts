import { documentedTables, schemaOf } from 'kql-workspace/documented-columns.ts';
import type { KqlNode } from 'kql-workspace/language-service.ts';
import { OPEN } from './moments.ts';
import { type Findings, nameOf, need, step } from './scope.ts';
import { type Flow, type Leaf, NO_ROWS } from './values.ts';

/**
 * Inventories and snapshots, which are read as they are and not as something that happened.
 * https://learn.microsoft.com/defender-xdr/advanced-hunting-schema-tables
 */
const STATE_TABLE =
  /^(DeviceInfo|DeviceNetworkInfo|DeviceTvm\w+|DeviceBaseline\w+|IdentityInfo|IdentityAccountInfo|EntraIdSpnSignInInfo|ExposureGraph\w+|CloudAuditInfo|OAuthAppInfo|AADSignInInfo|UserAccessAnalytics|UserPeerAnalytics|ThreatIntel\w+|ThreatIntelligenceIndicator|Watchlist|ConfidentialWatchlist|AppDependencies\w*|Heartbeat)$/;

/** Whether rows of events are among them: each has a time of its own. */
export function hasEvents(leaves: readonly Leaf[]): boolean {
  return leaves.some(({ kind }) => kind === 'events');
}

/** One use of a table. */
export function tableFlow(table: string, shadowed: boolean, findings: Findings, optional = false): Flow {
  step(findings);
  const leaf: Leaf = { table, kind: kindOf(table), shadowed, optional, needs: OPEN, covers: OPEN };
  findings.leaves.push(leaf);
  return { leaves: [leaf], columns: new Map(), counts: false };
}

function kindOf(table: string): Leaf['kind'] {
  if (STATE_TABLE.test(table)) return 'state';
  const lists = (['log-analytics', 'defender-xdr'] as const).flatMap(
    (list) => schemaOf(list).get(table) ?? [],
  );
  // The columns of AzureDiagnostics are those of whatever writes to it, so its list is short.
  const timed = lists.some(({ name }) => name === 'TimeGenerated' || name === 'Timestamp');
  return lists.length === 0 || timed || table === 'AzureDiagnostics' ? 'events' : 'untimed';
}

/** Rows that come from a file at an address. */
export function externalFlow(node: KqlNode, { asOfToday }: Findings): Flow {
  const [address] = node.items('URIs');
  asOfToday.add(`externaldata: the file ${address ? hostOf(address) : ''} as it is today`.replace('  ', ' '));
  return NO_ROWS;
}

/** The address itself may carry a key. */
function hostOf(address: KqlNode): string {
  const host = /^[a-z]+:\/\/([^/?#@]+)/i.exec(address.child('Token')?.value ?? '')?.[1];
  return host ? `of ${host}` : '';
}

/** A function that the query does not declare: the service's own, or one that is saved in the workspace. */
export function functionFlow(node: KqlNode, name: string, findings: Findings): Flow {
  const [argument] = node.child('ArgumentList')?.items('Expressions') ?? [];
  const text = argument?.child('Token')?.value;
  switch (name.toLowerCase()) {
    case 'table':
      if (text !== undefined) return tableFlow(text, false, findings);
      break;
    case '_getwatchlist':
      findings.asOfToday.add(`the watchlist ${text ?? ''} as it is today`.replace('  ', ' '));
      return NO_ROWS;
    case 'materialized_view':
    case 'cluster':
    case 'database':
    case 'workspace':
    case 'app':
      break;
  }
  findings.notReplayable.add(`the function ${name}() reads tables that can't be told`);
  const flow = tableFlow(text ?? name, false, findings);
  const [leaf] = flow.leaves;
  if (leaf) leaf.unknown = `${name}()`;
  // A function is no table whose rows could be counted.
  if (leaf && text === undefined) leaf.kind = 'untimed';
  return flow;
}

/** Sentinel's parsers (ASIM) are functions, also where no parentheses follow: `imDns | …`. */
export function isParser(name: string): boolean {
  return /^(_?im|_?ASim|_Im_|_ASim_|vim)[_A-Z]\w+$/.test(name) && !documentedTables().has(name);
}

/** `workspace("x").T` and its kin: a table of another place. */
export function foreignFlow(node: KqlNode, findings: Findings): Flow {
  return tableFlow(nameOf(need(node, 'Selector')), false, findings);
}
