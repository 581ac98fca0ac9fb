import { isDeepStrictEqual } from 'node:util';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { logAnalytics } from '../../functions/adapters/log-analytics/log-analytics.ts';
import { attribute } from '../../functions/domain/exclusions/attribution.ts';
import { dayOf, type Exclusion } from '../../functions/domain/exclusions/exclusion.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import { type Row, toRow } from '../../functions/domain/hunting/result-table.ts';
import { type Sighting, toSightings } from '../../functions/domain/hunting/sighting.ts';
import { narrowedQuery, sliceQueries } from '../../functions/domain/kql/slice-queries.ts';
import { localStandIns } from '../environment/stand-ins.ts';
import { presentQueries } from './present-queries.ts';
import type { Expected, HuntCase } from './read-hunt-tests.ts';

/** What a hunt makes of a case's events, and which exclusions hide what. */
export interface CaseOutcome {
  visible: Sighting[];
  hidden: { sighting: Sighting; by: string[] }[];
}

/**
 * Runs a hunt on a case's events alone, in a workspace of their own, once for each of the lists. Exclusions count as in force, also those that ended: a
 * test says what they match.
 * Cases of one `now` ask the same queries, which are bound once.
 * @throws Error with the workspace's reason when it cannot answer
 */
export async function runHuntCase(
  hunt: Hunt,
  { events }: Pick<HuntCase, 'events'>,
  lists: readonly (readonly Exclusion[])[],
  now: Date,
): Promise<CaseOutcome[]> {
  const workspace = await startWorkspace({ now: () => now, ...localStandIns() });
  try {
    for (const [table, rows] of Object.entries(events)) {
      await workspace.append(
        table,
        rows.map(({ ago, row }) => ({
          TimeGenerated: new Date(now.getTime() - ago).toISOString(),
          ...row,
        })),
      );
    }
    const outcomes: CaseOutcome[] = [];
    for (const list of lists) outcomes.push(await huntUnder(list, { hunt, now, workspace }));
    return outcomes;
  } finally {
    await workspace.close();
  }
}

async function huntUnder(
  exclusions: readonly Exclusion[],
  { hunt, now, workspace }: { hunt: Hunt; now: Date; workspace: Workspace },
): Promise<CaseOutcome> {
  const inForce = exclusions.map((exclusion) => ({ ...exclusion, expires: dayOf(now) }));
  const { slice, queries, applied } = presentQueries(hunt, inForce, now);
  const logs = logAnalytics({ endpoint: workspace.url, credential: noCredential });
  const ask = async (kql: string) => {
    const answer = await logs.query({
      workspaceId: '00000000-0000-0000-0000-000000000000',
      kql,
      timespan: slice.timespan,
      signal: AbortSignal.timeout(60_000),
      serverTimeoutSeconds: 60,
    });
    if (answer.kind !== 'complete') throw new Error(answer.reason);
    return toSightings(answer.table, hunt, now);
  };

  const visible = await ask(queries.withExclusions);
  // With all its columns, which a case may name: the app's own query without exclusions asks for fewer.
  const whole = sliceQueries({ hunt, slice, exclusions: [] }).withExclusions;
  const all = queries.withoutExclusions === undefined ? visible : await ask(whole);
  const shown = new Set(visible.map(({ key }) => key));
  const gone = all.filter(({ key }) => !shown.has(key));
  if (gone.length === 0) return { visible, hidden: [] };

  const narrowed = new Map<string, Sighting[]>();
  for (const exclusion of applied)
    narrowed.set(exclusion.id, await ask(narrowedQuery({ hunt, slice }, exclusion)));
  const { hiders } = attribute(gone, narrowed);
  return { visible, hidden: gone.map((sighting) => ({ sighting, by: hiders.get(sighting.key) ?? [] })) };
}

const noCredential = () => Promise.reject(new Error('a workspace on this machine asks for no token'));

/** What a case expects and did not get, and what it got and did not expect, in sentences; empty when it passes. */
export function judgeCase({ sightings, hidden }: HuntCase, outcome: CaseOutcome): string[] {
  const shown = compare(sightings, outcome.visible, 'shown');
  const byHidden = compare(
    hidden.map(({ values }) => values),
    outcome.hidden.map(({ sighting }) => sighting),
    'hidden',
  );
  const wrongBy = hidden.flatMap(({ by, values }) => {
    const found = outcome.hidden.find(({ sighting }) => hasValues(sighting, values));
    return found && !isDeepStrictEqual([...by].sort(), [...found.by].sort())
      ? [
          `${say(values)} is hidden by ${found.by.join(', ') || 'several exclusions together'}, not by ${by.join(', ')}`,
        ]
      : [];
  });
  return [...shown, ...byHidden, ...wrongBy];
}

function compare(expected: readonly Expected[], sightings: readonly Sighting[], how: string): string[] {
  const left = [...sightings];
  const missing: string[] = [];
  for (const values of expected) {
    const at = left.findIndex((sighting) => hasValues(sighting, values));
    if (at < 0) missing.push(`not ${how}: ${say(values)}`);
    else left.splice(at, 1);
  }
  return [...missing, ...left.map(({ identity }) => `${how}, and not expected: ${say(identity)}`)];
}

function hasValues({ columns, cells }: Sighting, values: Expected): boolean {
  const row = toRow(columns, cells);
  return Object.entries(values).every(([column, value]) => isValue(row[column], value));
}

/** Dynamic cells arrive as JSON text; the order within a set says nothing. */
function isValue(cell: Row[string] | undefined, value: unknown): boolean {
  if (cell instanceof Date) return typeof value === 'string' && cell.getTime() === Date.parse(value);
  if (typeof value !== 'object' || value === null) return (cell ?? null) === value;
  try {
    return isDeepStrictEqual(sorted(JSON.parse(String(cell))), sorted(value));
  } catch {
    return false;
  }
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value;
}

const say = (values: Expected) => JSON.stringify(values);
