import { howEnded } from '../exclusions/how-ended.ts';
import { boundFinding } from '../hunting/bound-finding.ts';
import type { RunOutcome } from '../hunting/plan-health.ts';
import type { Batch, RunFacts, Told } from '../hunting/run-facts.ts';
import type { Span } from '../hunting/span.ts';
import {
  type FindingsMessage,
  MAX_ENDED_PER_MESSAGE,
  MAX_FINDINGS_PER_MESSAGE,
} from './kinds/findings-message.ts';
import { huntOf } from './kinds/message-parts.ts';

/** A run, and how it came out. */
type ToldOf = Omit<RunFacts, 'ledger' | 'attribution'> & {
  outcome: RunOutcome;
  /** What no run has looked at yet. */
  owed: readonly Span[];
  /** Of looks at the past, whose messages stand beside those of the present. */
  past?: boolean;
};

/** Findings that are told together, however many they are: of a look at the past, or of an edit of the hunt. */
type Digest = NonNullable<FindingsMessage['digest']>;
const isDigest = (as: string): as is Digest => as === 'catch-up' || as === 'edited';

/** More new findings than this are a flood, made by somebody or something: one message tells their number, and the run has them all. */
const MOST_IN_PARTS = 2_000;

/** Messages with their findings: a first run, a catch-up and an ended exclusion give one digest each, new findings as many parts as they need. */
export function tellFindings(told: Told[], as: 'baseline' | 'findings' | Digest, facts: ToldOf): Batch[] {
  if (as !== 'findings') return digest(as, told, facts);
  const unhidden = told.filter(({ finding }) => finding.kind === 'unhidden');
  const fresh = told.filter(({ finding }) => finding.kind !== 'unhidden');
  if (fresh.length > MOST_IN_PARTS)
    return [...digest('findings', fresh, facts), ...digest('unhidden', unhidden, facts)];
  const parts = chunks(fresh, MAX_FINDINGS_PER_MESSAGE);
  const batches = parts.map((part, index) => {
    const message = toMessage('findings', part, fresh, { number: index + 1, of: parts.length }, facts);
    return { message, ...toBatch(part, message.id) };
  });
  return [...batches, ...digest('unhidden', unhidden, facts)];
}

/** One message for however many findings: it carries the first of them and tells the total. */
function digest(as: FindingsMessage['kind'] | Digest, told: Told[], facts: ToldOf): Batch[] {
  const [first, ...rest] = chunks(told, MAX_FINDINGS_PER_MESSAGE);
  if (!first) return [];
  const message = toMessage(as, first, told, { number: 1, of: 1 }, facts);
  return [{ message, ...toBatch(first, message.id) }, ...rest.map((part) => toBatch(part, message.id))];
}

function toBatch(part: Told[], messageId: string): Batch {
  return {
    findings: part.map(({ finding, seen }) => ({ messageId, finding: boundFinding(finding), about: seen })),
    seen: part.map(({ seen }) => seen),
  };
}

function owedOf(owed: readonly Span[]): Pick<FindingsMessage['run'], 'owed'> {
  if (owed.length === 0) return {};
  const from = new Date(Math.min(...owed.map((span) => span.from.getTime())));
  const to = new Date(Math.max(...owed.map((span) => span.to.getTime())));
  return { owed: { from: from.toISOString(), to: to.toISOString(), spans: owed.length } };
}

function toMessage(
  as: FindingsMessage['kind'] | Digest,
  part: Told[],
  all: Told[],
  position: FindingsMessage['part'],
  facts: ToldOf,
): FindingsMessage {
  const { hunt, workspace, slice, evidence } = facts;
  const kind = isDigest(as) ? 'findings' : as;
  return {
    id: `${facts.runId}.${facts.past ? 'past-' : ''}${as}.${position.number}`,
    kind,
    createdAt: facts.now.toISOString(),
    hunt: huntOf(hunt),
    workspace,
    run: {
      id: facts.runId,
      window: { from: slice.from.toISOString(), to: slice.to.toISOString() },
      complete: facts.outcome === 'complete',
      problems: facts.problems,
      ...owedOf(facts.owed),
      ...facts.links,
    },
    coverage: evidence.coverage,
    counts: {
      sightings: evidence.visible.length + evidence.hidden.length,
      hidden: evidence.hidden.length,
      known: evidence.visible.length - all.length,
    },
    ...(isDigest(as) && { digest: as }),
    total: all.length,
    ...(kind === 'unhidden' && { ended: endedBehind(all, facts) }),
    devices: new Set(all.map(({ seen }) => seen.deviceKey).filter((key) => key !== undefined)).size,
    part: position,
    findings: part.map(({ finding }) => boundFinding(finding)),
  };
}

/** The exclusions that the findings came back from, those with most findings first. */
function endedBehind(told: Told[], { exclusions, now }: ToldOf): NonNullable<FindingsMessage['ended']> {
  const ids = told.flatMap(({ finding }) => finding.hiddenBy ?? []);
  const findings = Map.groupBy(ids, (id) => id);
  return [...findings]
    .sort(([, one], [, other]) => other.length - one.length)
    .slice(0, MAX_ENDED_PER_MESSAGE)
    .map(([id, { length }]) => ({ ...howEnded(id, exclusions, now), findings: length }));
}

/** Lists of at most so many, in order. */
export function chunks<T>(items: T[], size: number): T[][] {
  const result: T[][] = [];
  for (let start = 0; start < items.length; start += size) result.push(items.slice(start, start + size));
  return result;
}
