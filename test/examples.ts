import type { CompiledHunt, Reach } from '../functions/domain/hunting/compiled-hunt.ts';
import type { Finding } from '../functions/domain/hunting/finding.ts';
import type { Hunt } from '../functions/domain/hunting/hunt.ts';
import type { Evidence } from '../functions/domain/hunting/read-answers.ts';
import type { Column, ResultTable, Row } from '../functions/domain/hunting/result-table.ts';
import type { RunFacts } from '../functions/domain/hunting/run-facts.ts';
import { hash, type Sighting } from '../functions/domain/hunting/sighting.ts';
import { presentSlice, usualReaches } from '../functions/domain/hunting/slice.ts';
import { documentedLists } from '../local/compiler/documented-lists.ts';

/** Plain values for tests that are about something else; each takes what the test is about. */

export const now = new Date('2026-11-24T12:00:00Z');
export const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);

/** A hunt's compilation as it would be of a query that leaves the time open; takes what the test is about. */
export function compiled(change: Partial<CompiledHunt> = {}): CompiledHunt {
  const reach: Reach = { from: { op: 'lookback' }, to: { op: 'run' } };
  return {
    format: 1,
    hash: 'one',
    tables: [{ name: 'DeviceNetworkEvents', kind: 'events', needs: reach, shadowed: true }],
    covers: reach,
    coversFrom: 'prelude',
    times: [],
    end: 'DeviceNetworkEvents'.length,
    sets: [],
    columns: [
      { name: 'DeviceId', type: 'string' },
      { name: 'DeviceName', type: 'string' },
      { name: 'RemoteUrl', type: 'string' },
    ],
    open: false,
    identity: [
      { name: 'DeviceId', type: 'string' },
      { name: 'RemoteUrl', type: 'string' },
    ],
    labels: [{ name: 'DeviceName', of: 'DeviceId' }],
    counts: false,
    asOfToday: [],
    notReplayable: [],
    documented: documentedLists(['DeviceNetworkEvents', ...(change.tables ?? []).map(({ name }) => name)]),
    supplied: [],
    ...change,
  };
}

export const hunt: Hunt = {
  id: '11111111-2222-4333-8444-555555555555',
  name: 'Example hunt',
  description: 'For tests.',
  file: 'hunts/example.yaml',
  tactics: ['CommandAndControl'],
  techniques: ['T1219'],
  tables: ['DeviceNetworkEvents'],
  query: 'DeviceNetworkEvents',
  compiled: compiled(),
};

export const workspace = { id: '99999999-8888-4777-8666-555555555555' };

export function sighting(device: string, url: string, change: Partial<Sighting> = {}): Sighting {
  const identity = { DeviceId: device, RemoteUrl: url };
  return {
    key: hash(...Object.entries(identity).flat()),
    deviceKey: hash('device', device),
    device: { id: device, name: `${device}.example` },
    identity,
    firstSeen: daysAgo(1),
    lastSeen: daysAgo(0.1),
    count: 3,
    ...cellsOf({ DeviceId: device, DeviceName: `${device}.example`, RemoteUrl: url, Count: 3 }),
    ...change,
  };
}

/** A row as a sighting has it. */
export function cellsOf(row: Row): Pick<Sighting, 'cells' | 'columns'> {
  const { columns, rows } = tableOf([row]);
  return { columns, cells: rows[0] ?? [] };
}

/** A query result of these rows; where no columns are given, they are those of the first row. */
export function tableOf(rows: Row[], columns: Column[] = columnsOf(rows[0] ?? {})): ResultTable {
  return {
    columns,
    rows: rows.map((row) =>
      columns.map(({ name }) => {
        const value = row[name];
        return value instanceof Date ? value.getTime() : (value ?? null);
      }),
    ),
  };
}

function columnsOf(row: Row): Column[] {
  const typeOf = (value: Row[string]) =>
    value instanceof Date ? 'datetime' : typeof value === 'number' ? 'long' : 'string';
  return Object.entries(row).map(([name, value]) => ({ name, type: typeOf(value) }));
}

export function evidence(change: Partial<Evidence> = {}): Evidence {
  return {
    visible: [],
    hidden: [],
    coverage: { rows: 1000, newest: now.toISOString() },
    late: [],
    outcome: 'complete',
    problems: [],
    ...change,
  };
}

export function facts(change: Partial<RunFacts> = {}): RunFacts {
  return {
    now,
    runId: '20261124T120000Z-0a1b2c3d',
    hunt,
    workspace,
    slice: presentSlice(compiled(), now, usualReaches, { first: false }),
    reaches: usualReaches,
    evidence: evidence(),
    problems: [],
    progress: {
      baselineAt: daysAgo(10),
      watermark: daysAgo(0.2),
      hunted: { hash: 'one', since: daysAgo(10) },
    },
    seen: new Map(),
    exclusionSet: [],
    exclusions: [],
    returnAfterMs: 30 * 86_400_000,
    alarmAfterRuns: 3,
    ...change,
  };
}

export const finding: Finding = {
  id: 'f1',
  kind: 'new-device',
  device: { id: 'd1', name: 'mac-1' },
  identity: { DeviceId: 'd1', RemoteUrl: 'prod.addigy.com' },
  firstSeen: daysAgo(1).toISOString(),
  lastSeen: now.toISOString(),
  count: 3,
  row: { DeviceId: 'd1', RemoteUrl: 'prod.addigy.com' },
};
