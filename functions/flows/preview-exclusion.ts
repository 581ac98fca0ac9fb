import { addressOf } from '../domain/exclusions/add-stored-entries.ts';
import { countDevices } from '../domain/exclusions/attribution.ts';
import { isBroad, judgeBreadth } from '../domain/exclusions/breadth.ts';
import { type ExclusionEffect, effectOf } from '../domain/exclusions/effect-of.ts';
import { type Exclusion, exclusionsFor } from '../domain/exclusions/exclusion.ts';
import { parseExclusion } from '../domain/exclusions/parse-exclusion.ts';
import type { FieldProblem } from '../domain/field-problems.ts';
import { compiledOf, type Hunt } from '../domain/hunting/hunt.ts';
import type { LogsAnswer } from '../domain/hunting/read-answers.ts';
import { unknownReach } from '../domain/hunting/remarks-on.ts';
import { type Sighting, toSightings } from '../domain/hunting/sighting.ts';
import { presentSlice } from '../domain/hunting/slice.ts';
import { narrowedQuery, sliceQueries } from '../domain/kql/slice-queries.ts';
import type { DeviceHistory } from '../ports/device-history.ts';
import type { HuntState } from '../ports/hunt-state.ts';
import type { Logs } from '../ports/logs.ts';
import type { HuntPolicy } from './hunt-job.ts';
import { type Catalogue, type CatalogueDeps, readCatalogue } from './read-catalogue.ts';

/** The exclusion as it would be written, or the id of one that is there. */
export type PreviewSubject = { entry: Readonly<Record<string, unknown>> } | { id: string };

export interface PreviewRequest {
  subject: PreviewSubject;
  lookbackMs?: number;
  /** From now, for all queries. */
  queriesMs: number;
}

/** What an exclusion would do to one hunt on one workspace, beside the others that are in force. */
export interface ExclusionPreview {
  hunt: { id: string; name: string };
  workspace: { id: string; name?: string };
  window: { from: string; to: string };
  /** Why the numbers below are not whole, in sentences; empty when they are. */
  problems: string[];
  /** All sightings, hidden or not. */
  sightings: number;
  /** Those that its rows give by themselves: the hunt on nothing but what it matches. */
  matched: number;
  /** Of the matched, those that other rows still show. */
  stillShown: number;
  /** What it would hide, the latest first: `hidesInAll` of them, on so many devices, and which share of all sightings that is. */
  hides: HiddenSighting[];
  hidesInAll: number;
  devices: number;
  share: number;
  /** Of those, what nothing else hides. */
  newlyHidden: number;
  /** At least the share that the team set: is it too broad? */
  broad: boolean;
  /** What all exclusions hide then, this one among them; `tells`: the next run would tell the channels so, because nobody was told yet, or of less. */
  together: { hidden: number; share: number; tells: boolean };
  /** Every query was answered whole. */
  whole: boolean;
  /** Of those that it would hide, sightings that were told as findings. */
  told: number;
}

export interface HiddenSighting {
  device?: { id?: string; name?: string };
  identity: Record<string, string>;
  firstSeen: string;
  lastSeen: string;
  count?: number;
  /** Nothing else hides it. */
  newlyHidden: boolean;
  /** When it was told as a finding, for the last time, and of which kind. */
  toldAt?: string;
  toldAs?: string;
}

export type PreviewOutcome =
  | { kind: 'preview'; id: string; effect: ExclusionEffect; previews: ExclusionPreview[] }
  | { kind: 'invalid'; problems: FieldProblem[] }
  | { kind: 'unknown' };

export interface PreviewDeps extends CatalogueDeps {
  workspaces: readonly { id: string; name?: string }[];
  policy: Pick<HuntPolicy, 'defaultLookbackMs' | 'maxLookbackMs' | 'intervalMs' | 'exclusionWarnShare'>;
  logs: Logs;
  history: Pick<DeviceHistory, 'scopes' | 'findings'>;
  state: Pick<HuntState, 'peek'>;
  clock: () => Date;
}

const MAX_HIDDEN = 200;

/** What an exclusion would hide from every hunt that it names, on every workspace. Nothing is written. Throws when a list or the storage cannot be read. */
export async function previewExclusion(request: PreviewRequest, deps: PreviewDeps): Promise<PreviewOutcome> {
  const catalogue = await readCatalogue(deps);
  const found = await find(request.subject, catalogue, deps);
  if (!('exclusion' in found)) return found;
  const { exclusion } = found;
  const now = deps.clock();
  const signal = AbortSignal.timeout(request.queriesMs);
  const jobs = catalogue.hunts
    .filter((hunt) => exclusionsFor(hunt, [exclusion], now).applied.length > 0)
    .flatMap((hunt) => deps.workspaces.map((workspace) => ({ hunt, workspace })));
  const previews = await Promise.all(
    jobs.map((job) => previewOn({ ...job, ...request, exclusion, catalogue, now, signal }, deps)),
  );
  return { kind: 'preview', id: exclusion.id, effect: effectOf(exclusion, catalogue.hunts, now), previews };
}

async function find(
  subject: PreviewSubject,
  { hunts, lists, placeholders }: Catalogue,
  { settings }: PreviewDeps,
): Promise<{ exclusion: Exclusion } | Exclude<PreviewOutcome, { kind: 'preview' }>> {
  if ('id' in subject) {
    const exclusion = lists.exclusions.find(({ id }) => id === subject.id);
    return exclusion ? { exclusion } : { kind: 'unknown' };
  }
  const { id } = subject.entry;
  const file = addressOf(typeof id === 'string' ? id : 'preview');
  const parsed = await parseExclusion(subject.entry, { file, hunts, settings, placeholders });
  return 'exclusion' in parsed ? parsed : { kind: 'invalid', problems: parsed.problems };
}

interface PreviewJob {
  hunt: Hunt;
  workspace: { id: string; name?: string };
  exclusion: Exclusion;
  catalogue: Catalogue;
  lookbackMs?: number;
  queriesMs: number;
  now: Date;
  signal: AbortSignal;
}

async function previewOn(job: PreviewJob, deps: PreviewDeps): Promise<ExclusionPreview> {
  const { hunt, workspace, exclusion, catalogue, lookbackMs, now } = job;
  const slice = presentSlice(compiledOf(hunt), now, deps.policy, {
    requestedLookbackMs: lookbackMs,
    first: false,
  });
  const others = exclusionsFor(hunt, catalogue.lists.exclusions, now).applied.filter(
    ({ id }) => id !== exclusion.id,
  );
  const showing = (exclusions: readonly Exclusion[]) =>
    sliceQueries({ hunt, exclusions, slice }).withExclusions;
  const ask = (kql: string) =>
    deps.logs.query({
      workspaceId: workspace.id,
      kql,
      timespan: slice.timespan,
      signal: job.signal,
      serverTimeoutSeconds: Math.max(1, Math.min(600, Math.floor(job.queriesMs / 1000))),
    });
  const answers = await Promise.all([
    ask(showing([])),
    ask(showing(others)),
    ask(showing([...others, exclusion])),
    ask(narrowedQuery({ hunt, slice }, exclusion)),
  ]);
  // Without one of them, what is missing there would look hidden or shown.
  const usable = answers.every(({ kind }) => kind !== 'failed');
  const [all = [], before = [], after = [], matched = []] = usable
    ? answers.map((answer) => sightingsOf(answer, hunt, now))
    : [];
  const shownBefore = keysOf(before);
  const shownAfter = keysOf(after);
  const matchedKeys = keysOf(matched);
  const hidden = all.filter(
    ({ key }) => !shownAfter.has(key) && (matchedKeys.has(key) || shownBefore.has(key)),
  );
  const told = await toldOf(job, deps);
  const shareOf = (part: number) => (all.length === 0 ? 0 : part / all.length);
  const hiddenByAll = all.filter(({ key }) => !shownAfter.has(key)).length;
  const { exclusionWarnShare: warnShare } = deps.policy;
  const { toldHiding: toldBefore } = (await deps.state.peek({ hunt, workspace }, job.signal)).progress;
  const breadth = judgeBreadth(
    { hidden: hiddenByAll, sightings: all.length },
    { share: warnShare, now, told: toldBefore },
  );
  return {
    hunt: { id: hunt.id, name: hunt.name },
    workspace,
    window: { from: slice.from.toISOString(), to: slice.to.toISOString() },
    problems: [...unknownReach(hunt, slice), ...answers.flatMap(problemOf)],
    sightings: all.length,
    matched: matchedKeys.size,
    stillShown: [...matchedKeys].filter((key) => shownAfter.has(key)).length,
    hides: hidden
      .toSorted((one, other) => other.lastSeen.getTime() - one.lastSeen.getTime())
      .slice(0, MAX_HIDDEN)
      .map((sighting) => describe(sighting, shownBefore, told)),
    hidesInAll: hidden.length,
    devices: countDevices(hidden),
    share: shareOf(hidden.length),
    newlyHidden: hidden.filter(({ key }) => shownBefore.has(key)).length,
    broad: isBroad({ hidden: hidden.length, sightings: all.length }, warnShare),
    together: { hidden: hiddenByAll, share: shareOf(hiddenByAll), tells: breadth.tell },
    whole: answers.every(({ kind }) => kind === 'complete'),
    told: hidden.filter(({ key }) => told.has(key)).length,
  };
}

function sightingsOf(answer: LogsAnswer, hunt: Hunt, now: Date): Sighting[] {
  return answer.kind === 'failed' ? [] : toSightings(answer.table, hunt, now);
}

function keysOf(sightings: readonly Sighting[]): Set<string> {
  return new Set(sightings.map(({ key }) => key));
}

function problemOf(answer: LogsAnswer): string[] {
  return answer.kind === 'complete' ? [] : [`A query was not answered whole: ${answer.reason}`];
}

/** When each identity was last told as a finding, by its key. */
async function toldOf({ hunt, workspace }: PreviewJob, { history }: PreviewDeps) {
  const told = new Map<string, { at: Date; kind: string }>();
  const scopes = await history.scopes();
  const scope = scopes.find((one) => one.huntId === hunt.id && one.workspaceId === workspace.id);
  for (const { seenKey, kind, notifiedAt: at } of scope ? await history.findings(scope) : []) {
    if (at && at >= (told.get(seenKey)?.at ?? at)) told.set(seenKey, { at, kind });
  }
  return told;
}

function describe(
  { key, device, identity, firstSeen, lastSeen, count }: Sighting,
  shownBefore: ReadonlySet<string>,
  toldOf: ReadonlyMap<string, { at: Date; kind: string }>,
): HiddenSighting {
  const told = toldOf.get(key);
  return {
    ...(device && { device }),
    identity,
    firstSeen: firstSeen.toISOString(),
    lastSeen: lastSeen.toISOString(),
    ...(count !== undefined && { count }),
    newlyHidden: shownBefore.has(key),
    ...(told && { toldAt: told.at.toISOString(), toldAs: told.kind }),
  };
}
