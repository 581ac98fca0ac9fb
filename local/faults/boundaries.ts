import type { Exchange } from './start-proxy.ts';

/** The sides that the app talks to. */
export type Side = 'workspace' | 'table' | 'webhook function' | 'teams' | 'webhook';

/** What a request is about, in words that are the same in each run: `table: write state`. */
export function boundaryOf(side: Side, { method, path, body }: Exchange): string {
  switch (side) {
    case 'workspace':
      return `workspace: ${queryOf(body.toString())}`;
    case 'table':
      return `table: ${operationOf(method, decodeURIComponent(path), body.toString())}`;
    default:
      return `${side}: post`;
  }
}

function queryOf(body: string): string {
  if (body.includes('Rows = ')) return 'coverage';
  return body.includes('not(coalesce(') ? 'with exclusions' : 'other queries';
}

function operationOf(method: string, path: string, body: string): string {
  if (/\/Tables/.test(path)) return 'make the table';
  if (path.includes('$batch')) return `commit ${kindsOf(decodeURIComponent(body))}`;
  const row = /RowKey='([^'|]*)/.exec(path)?.[1];
  if (row !== undefined)
    return `${method === 'GET' ? 'read' : method === 'DELETE' ? 'delete' : 'write'} ${nameOf(row, path)}`;
  if (method === 'POST') return `add ${nameOf(/"RowKey":\s*"([^"|]*)/.exec(body)?.[1] ?? 'row', body)}`;
  const prefix = /RowKey ge '([^'|]*)/.exec(path.replaceAll('+', ' '))?.[1];
  return `list ${prefix ?? (path.includes("'scopes'") ? 'scopes' : 'rows')}`;
}

/** Rows of scopes and deliveries have ids for keys. */
function nameOf(rowKey: string, where: string): string {
  if (/^(state|run|seen|finding|outbox|dead|added|ledger)$/.test(rowKey)) return rowKey;
  if (where.includes('scopes')) return 'scope';
  return where.includes('delivery') ? 'delivery' : 'row';
}

function kindsOf(body: string): string {
  const keys = [...body.matchAll(/RowKey='([a-z]+)/g), ...body.matchAll(/"RowKey":\s*"([a-z]+)/g)];
  return [...new Set(keys.map(([, kind]) => kind))].sort().join('+');
}
