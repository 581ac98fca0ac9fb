import { COMMIT_MS } from '../../functions/flows/run-hunt.ts';
import { LIMITS } from './app-under-fault.ts';
import type { FaultKind } from './fault-kinds.ts';
import { judgeBooks, type Wrong } from './judge-books.ts';
import { openStage, type Stage } from './open-stage.ts';
import { appear, at } from './scenes.ts';

/** What the app is doing when the fault comes. */
export const scenes = ['first run', 'steady run', 'reckoning', 'weekly'] as const;
export type Scene = (typeof scenes)[number];

export interface FaultCase {
  scene: Scene;
  boundary: string;
  kind: FaultKind;
}

/** What came of a case; `met`: the fault did come about. */
export interface Outcome {
  wrong: Wrong;
  met: boolean;
}

/** When the run of a scene is, in hours after the first. */
const faultedAt: Readonly<Record<Scene, number>> = {
  'first run': 0,
  'steady run': 4,
  reckoning: 28,
  weekly: 4,
};
/** What is left is looked at and delivered in these, undisturbed. */
const QUIET_HOURS = [4, 30, 60];

/** The boundaries that an undisturbed run of a scene passes, each once, in order. */
export async function boundariesOf(scene: Scene): Promise<string[]> {
  const stage = await openStage();
  try {
    await prepare(stage, scene);
    const { passed } = await stage.run(orderOf(scene));
    return [...new Set(passed)];
  } finally {
    await stage.close();
  }
}

/** Plays a scene with a fault at a boundary, then quiet runs, and compares the books with what an undisturbed run has. */
export async function runCase({ scene, boundary, kind }: FaultCase): Promise<Outcome> {
  const stage = await openStage();
  try {
    const said = await prepare(stage, scene);
    const faulted = await stage.run(orderOf(scene), { boundary, kind });
    said.push(faulted.said, ...faulted.others);
    const books = [{ said: faulted.said, rows: await stage.books() }];
    for (const hours of QUIET_HOURS) {
      const now = at(faultedAt[scene] + hours);
      if (scene === 'weekly') await stage.run({ what: 'weekly', now });
      const quiet = await stage.run({ what: 'hunt', now });
      said.push(quiet.said);
      books.push({ said: quiet.said, rows: await stage.books() });
    }
    const limitMs = Math.max(LIMITS.deliveryMs, LIMITS.queriesMs + COMMIT_MS) + 2_000;
    const wrong = judgeBooks({
      scene,
      boundary,
      kind,
      said,
      books,
      devices: devicesOf(scene),
      posts: stage.receiver.received(),
      overtimeMs: Math.max(0, faulted.tookMs - limitMs),
    });
    return { wrong, met: faulted.met };
  } finally {
    await stage.close();
  }
}

function orderOf(scene: Scene) {
  return { what: scene === 'weekly' ? ('weekly' as const) : ('hunt' as const), now: at(faultedAt[scene]) };
}

async function prepare(stage: Stage, scene: Scene) {
  await appear(stage, 'device-one', -2);
  // The exclusion of Addigy's own servers hides it.
  await appear(stage, 'device-hidden', -2, '203.0.113.7');
  if (scene === 'first run') return [];
  const { said } = await stage.run({ what: 'hunt', now: at(0) });
  if (scene !== 'weekly') await appear(stage, 'device-two', faultedAt[scene] - 1);
  return [said];
}

/** What is to be found: an undisturbed app tells of each to each channel, once. */
function devicesOf(scene: Scene): string[] {
  return scene === 'steady run' || scene === 'reckoning' ? ['device-one', 'device-two'] : ['device-one'];
}
