import type { CompiledHunt, Reach } from '../../functions/domain/hunting/compiled-hunt.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import type { Evidence } from '../../functions/domain/hunting/read-answers.ts';
import type { RunFacts, SeenFacts } from '../../functions/domain/hunting/run-facts.ts';
import type { Sighting } from '../../functions/domain/hunting/sighting.ts';
import { presentSlice, usualReaches } from '../../functions/domain/hunting/slice.ts';
import { resultColumns } from './sample-result.ts';

/** A run of a hunt with the sample's result, as far as it is pure. */

export const NOW = new Date('2026-11-25T00:00:00Z');
const DAY_MS = 86_400_000;
const lookback: Reach = { from: { op: 'lookback' }, to: { op: 'run' } };

const compiled: CompiledHunt = {
  format: 1,
  hash: 'sample',
  tables: [{ name: 'DeviceNetworkEvents', kind: 'events', needs: lookback, shadowed: true }],
  covers: lookback,
  coversFrom: 'prelude',
  times: [],
  end: 'DeviceNetworkEvents'.length,
  sets: [],
  columns: [...resultColumns],
  open: false,
  identity: [
    { name: 'DeviceId', type: 'string' },
    { name: 'RemoteUrl', type: 'string' },
  ],
  labels: [{ name: 'DeviceName', of: 'DeviceId' }],
  counts: false,
  asOfToday: [],
  notReplayable: [],
  supplied: [],
};

export const hunt: Hunt = {
  id: '11111111-2222-4333-8444-555555555555',
  name: 'Sample',
  description: '',
  file: 'hunts/sample.yaml',
  tactics: ['CommandAndControl'],
  techniques: ['T1219'],
  tables: ['DeviceNetworkEvents'],
  query: 'DeviceNetworkEvents',
  compiled,
};

export function factsOf(evidence: Evidence, seen: ReadonlyMap<string, SeenFacts>): RunFacts {
  const before = new Date(NOW.getTime() - 10 * DAY_MS);
  return {
    now: NOW,
    runId: '20261125T000000Z-0a1b2c3d',
    hunt,
    workspace: { id: '99999999-8888-4777-8666-555555555555' },
    slice: presentSlice(compiled, NOW, usualReaches, { first: false }),
    reaches: usualReaches,
    evidence,
    problems: [],
    progress: {
      baselineAt: before,
      watermark: new Date(NOW.getTime() - DAY_MS / 6),
      hunted: { hash: 'sample', since: before },
    },
    seen,
    exclusionSet: ['one:AAAAAAAAAAAA'],
    exclusions: [],
    returnAfterMs: 30 * DAY_MS,
    alarmAfterRuns: 3,
  };
}

/** As it is remembered once it was seen, some hours ago. */
export function remembered(
  sightings: readonly Sighting[],
  hidden: readonly Sighting[] = [],
): Map<string, SeenFacts> {
  const since = new Date(NOW.getTime() - 5 * DAY_MS);
  const factOf = ({ key, deviceKey, firstSeen, lastSeen }: Sighting): SeenFacts => ({
    key,
    ...(deviceKey !== undefined && { deviceKey }),
    firstSeen,
    lastSeen: new Date(lastSeen.getTime() - DAY_MS / 6),
  });
  const seen = new Map<string, SeenFacts>();
  for (const one of sightings) seen.set(one.key, { ...factOf(one), visibleSince: since });
  for (const one of hidden) seen.set(one.key, { ...factOf(one), hiddenUnder: ['one:AAAAAAAAAAAA'] });
  return seen;
}
