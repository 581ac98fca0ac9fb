import type { Attribution } from '../exclusions/attribution.ts';
import type { Breadth, ToldHiding } from '../exclusions/breadth.ts';
import type { Exclusion } from '../exclusions/exclusion.ts';
import type { LedgerEntry } from '../exclusions/ledger.ts';
import type { ReckoningProgress } from '../exclusions/reckoning.ts';
import type { FindingsMessage } from '../messages/kinds/findings-message.ts';
import type { GapMessage } from '../messages/kinds/gap-message.ts';
import type { MuchHiddenMessage } from '../messages/kinds/much-hidden-message.ts';
import type { RunLinks } from '../messages/run-links.ts';
import type { Arrears } from './arrears.ts';
import type { Entity } from './entities.ts';
import type { Finding } from './finding.ts';
import type { Hunt } from './hunt.ts';
import type { Gap } from './owed.ts';
import type { Health, RunOutcome, Streak } from './plan-health.ts';
import type { Evidence } from './read-answers.ts';
import type { Reaches, Slice } from './slice.ts';

/** What is remembered of one identity. Facts only: whether they make a finding is decided when they are read. */
export interface SeenFacts {
  key: string;
  deviceKey?: string;
  firstSeen: Date;
  lastSeen: Date;
  /** When it was first sighted with nothing hiding it; absent while it has only ever been hidden. */
  visibleSince?: Date;
  /** The exclusions in force when it was hidden at its last sighting, as `exclusionSet` has them; absent when nothing hid it. */
  hiddenUnder?: string[];
  /**
   * Those among them whose rows give it by themselves, as far as that was found out (once a day); empty when it takes several together, absent while it
   * is not known.
   */
  hiddenBy?: string[];
}

/** The facts as they are written, with what a person wants to read beside them. */
export interface Seen extends SeenFacts {
  device?: { id?: string; name?: string };
  identity: Record<string, string>;
  entities?: Entity[];
}

/** A hunt as it was compiled, and the first complete run of it. */
export interface HuntedAs {
  hash: string;
  since: Date;
}

/** How far one hunt on one workspace has come. */
export interface Progress {
  /** When the first run was through; absent until then. */
  baselineAt?: Date;
  /** The end of what complete runs covered. */
  watermark?: Date;
  /** Absent: none. */
  arrears?: Arrears;
  /** Of the hunt as it was in the last complete run, and since when it has been so. */
  hunted?: HuntedAs;
  /** When it was last run, however that ended. */
  turnAt?: Date;
  /** Absent: it never ran. */
  reckoning?: ReckoningProgress;
  /** What was told of how much exclusions hide together; absent while they hide little. */
  toldHiding?: ToldHiding;
  /** Runs in a row, up to the last one, that were not completed; absent when the last one was. */
  streak?: Streak;
  /** Names what was told last of columns that came with another type; empty when they are again what they were. */
  retypedTold?: string;
}

/** One step of the commit: written as a whole or not at all. The message comes with the first of its findings, so that none is remembered untold. */
export interface Batch {
  message?: FindingsMessage;
  findings: { messageId: string; finding: Finding; about: Pick<Seen, 'key' | 'deviceKey'> }[];
  seen: Seen[];
}

/** What to write, and with it what to tell; whatever is absent stays as it is. */
export interface Commit {
  /** The new end of what is covered. */
  watermark?: Date;
  baselineAt?: Date;
  hunted?: HuntedAs;
  arrears?: Arrears;
  retypedTold?: string;
  health?: Health;
  /** What exclusions hide together. */
  breadth?: Breadth;
  /** What exclusions did, where the run found that out, and how far it came with that. */
  ledger?: LedgerEntry[];
  reckoning?: ReckoningProgress;
  batches: Batch[];
  /** Messages that come with no finding. */
  notices: (GapMessage | MuchHiddenMessage)[];
}

/** What a look at the present means. */
export interface RunPlan extends Commit {
  outcome: RunOutcome;
  health: Health;
  /** The first run that had anything to go by: its findings are told in one digest. */
  baseline: boolean;
  findings: Finding[];
  hidden: number;
  known: number;
  /** Spans that nobody will look at, known since now. */
  gaps: Gap[];
}

/** What a run found out, and what is needed to judge it. */
export interface RunFacts {
  now: Date;
  runId: string;
  hunt: Hunt;
  workspace: { id: string; name?: string };
  slice: Slice;
  reaches: Reaches;
  /** From here on, a person asks. */
  askedFrom?: Date | undefined;
  evidence: Evidence;
  /** What readers must know of the run, in sentences. */
  problems: string[];
  progress: Progress;
  /** What is remembered of the sightings and of whatever else their devices did, by `key`. */
  seen: ReadonlyMap<string, SeenFacts>;
  /** The exclusions that were applied, each as `id:fingerprint`. */
  exclusionSet: string[];
  /** Every exclusion that there is, in force or not. */
  exclusions: readonly Exclusion[];
  /** How much exclusions hide together; undefined where not everything was answered. */
  breadth?: Breadth | undefined;
  /** Which exclusion hid what, where this run found that out. */
  attribution?: Attribution | undefined;
  /** What the ledger is after this run, where it was reckoned. */
  ledger?: LedgerEntry[] | undefined;
  reckoning?: ReckoningProgress | undefined;
  /** An identity that was absent for longer than this is told again. */
  returnAfterMs: number;
  /** So many runs in a row that were not completed are told. */
  alarmAfterRuns: number;
  /** Pages of the portal, where they are known. */
  links?: RunLinks | undefined;
}

/** A finding, and what is remembered with it. */
export interface Told {
  finding: Finding;
  seen: Seen;
  /** It may be new only because the hunt was edited: its device was listed before that, and not since. */
  byEdit: boolean;
}
