import { judgeBooks, type Wrong } from './judge-books.ts';
import { openStage, type Stage } from './open-stage.ts';
import { appear, at } from './scenes.ts';

const NO_FAULT = { name: 'none', fault: { what: 'stall' }, lasts: false } as const;

/** Two instances run the same hunt at once; then one runs alone. */
export async function raceTwo(): Promise<Wrong> {
  const stage = await openStage();
  try {
    await appear(stage, 'device-one', -2);
    const first = await stage.runTwo({ what: 'hunt', now: at(0) });
    const held = first.filter(({ reports }) => reports.some(({ outcome }) => outcome === 'lease-held'));
    return await judge(
      stage,
      [...first],
      held.length > 1 ? ['both instances say that the other is at it'] : [],
    );
  } finally {
    await stage.close();
  }
}

/** One instance's clock is wrong by so much; the next one's is right. */
export async function raceClocks(aheadMs: number): Promise<Wrong> {
  const stage = await openStage();
  try {
    await appear(stage, 'device-one', -2);
    const clock = new Date(at(0).getTime() + aheadMs);
    const { said } = await stage.run({ what: 'hunt', now: at(0), clock });
    return await judge(stage, [said], []);
  } finally {
    await stage.close();
  }
}

async function judge(
  stage: Stage,
  said: Awaited<ReturnType<Stage['runTwo']>>,
  stuck: string[],
): Promise<Wrong> {
  const { said: quiet } = await stage.run({ what: 'hunt', now: at(4) });
  const wrong = judgeBooks({
    scene: 'first run',
    boundary: 'none',
    kind: NO_FAULT,
    said: [...said, quiet],
    books: [{ said: quiet, rows: await stage.books() }],
    devices: ['device-one'],
    posts: stage.receiver.received(),
    overtimeMs: 0,
  });
  return { ...wrong, stuck: [...stuck, ...wrong.stuck] };
}
