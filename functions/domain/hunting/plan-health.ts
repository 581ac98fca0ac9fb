import { type HealthMessage, MAX_HEALTH_PROBLEMS } from '../messages/kinds/health-message.ts';
import { huntOf } from '../messages/kinds/message-parts.ts';
import type { RunLinks } from '../messages/run-links.ts';
import type { Hunt } from './hunt.ts';
import { hash } from './sighting.ts';

/** Runs in a row that were not completed. */
export interface Streak {
  runs: number;
  /** When the first of them began. */
  since: Date;
  /** What the last of them said, in sentences. */
  problems: string[];
  /** When readers were told; absent until then. */
  alarmedAt?: Date;
}

/** How a run came out. Only a complete one has searched its window to the end. */
export type RunOutcome = HealthMessage['run']['outcome'];

/** What a run means for the hunt's health: what to remember, and what to tell, if anything. */
export interface Health {
  /** Absent when the run was complete. */
  streak?: Streak;
  message?: HealthMessage;
}

export interface HealthFacts {
  now: Date;
  runId: string;
  hunt: Hunt;
  workspace: { id: string; name?: string };
  outcome: RunOutcome;
  problems: readonly string[];
  /** Null when the run did not get that far. */
  window: { from: Date; to: Date } | null;
  links?: RunLinks | undefined;
  /** As it was before this run. */
  streak?: Streak | undefined;
  /** The end of the last complete window, this run's included. */
  watermark: Date | undefined;
  /** So many runs in a row are told, once. */
  alarmAfterRuns: number;
}

/** Bounds what is stored in the `state` row and told on a card. */
const MAX_PROBLEM_LENGTH = 500;

/** Pure: runs that died with the lease in their hands count like those that were not completed. */
export function planAbandoned(
  facts: Omit<HealthFacts, 'outcome' | 'problems' | 'window' | 'streak' | 'watermark' | 'links'> & {
    progress: { streak?: Streak | undefined; watermark?: Date | undefined };
  },
  runs: number,
): Health & { streak: Streak } {
  const { streak, watermark } = facts.progress;
  const problem = `${runs === 1 ? 'A run' : `${runs} runs`} did not come to an end: the process was stopped or the storage failed.`;
  return countRuns(
    { ...facts, outcome: 'failed', problems: [problem], window: null, streak, watermark },
    runs,
  );
}

/** Pure: a hunt that does not come through is told once; that it is well again, once after that. */
export function planHealth(facts: HealthFacts): Health {
  const { outcome, streak: before } = facts;
  if (outcome !== 'complete') return countRuns(facts, 1);
  return before?.alarmedAt ? { message: toMessage('well-again', before, facts) } : {};
}

function countRuns(facts: HealthFacts, runs: number): Health & { streak: Streak } {
  const { now, streak: before } = facts;
  const streak: Streak = {
    runs: (before?.runs ?? 0) + runs,
    since: before?.since ?? now,
    problems: facts.problems.slice(0, MAX_HEALTH_PROBLEMS).map(shorten),
    ...(before?.alarmedAt && { alarmedAt: before.alarmedAt }),
  };
  if (streak.alarmedAt || streak.runs < facts.alarmAfterRuns) return { streak };
  return { streak: { ...streak, alarmedAt: now }, message: toMessage('not-completed', streak, facts) };
}

function toMessage(kind: HealthMessage['kind'], streak: Streak, facts: HealthFacts): HealthMessage {
  const { runId, hunt, workspace, outcome, window, links, watermark } = facts;
  const since = streak.since.toISOString();
  return {
    id: `${runId}.${kind}.1`,
    kind,
    createdAt: facts.now.toISOString(),
    hunt: huntOf(hunt),
    workspace,
    run: {
      id: runId,
      outcome,
      window: window && { from: window.from.toISOString(), to: window.to.toISOString() },
      // There are no devices to have a history.
      ...(links?.queryUrl && { queryUrl: links.queryUrl }),
      ...(links?.runUrl && { runUrl: links.runUrl }),
    },
    streak: {
      id: hash('streak', hunt.id, workspace.id, since),
      runs: streak.runs,
      since,
      problems: streak.problems,
    },
    searchedUntil: watermark?.toISOString() ?? null,
  };
}

function shorten(problem: string): string {
  return problem.length <= MAX_PROBLEM_LENGTH
    ? problem
    : `${problem.slice(0, MAX_PROBLEM_LENGTH).toWellFormed()}…`;
}
