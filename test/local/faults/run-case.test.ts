import { faultKinds } from '../../../local/faults/fault-kinds.ts';
import { raceClocks, raceTwo } from '../../../local/faults/race.ts';
import { boundariesOf, runCase } from '../../../local/faults/run-case.ts';

const NOTHING = { lost: [], double: [], stuck: [], lying: [], twice: [] };
const kind = (name: string) => {
  const found = faultKinds.find((one) => one.name === name);
  if (!found) throw new Error(`there is no kind ${name}`);
  return found;
};

test('when a steady run goes undisturbed, then it passes these boundaries', async () => {
  const passed = await boundariesOf('steady run');
  expect(passed).toEqual(
    expect.arrayContaining([
      'workspace: with exclusions',
      'workspace: coverage',
      'table: read state',
      'table: list seen',
      'table: commit finding+outbox+seen+state',
      'webhook function: post',
      'table: add delivery',
      'teams: post',
      'webhook: post',
    ]),
  );
});

test.each([
  ['workspace: with exclusions', 'half a body'],
  ['workspace: coverage', 'HTML with 200'],
  ['table: read state', '429 a week'],
  ['table: list seen', 'HTML with 200'],
  ['table: commit finding+outbox+seen+state', 'answer lost'],
  ['table: commit finding+outbox+seen+state', 'HTML with 200'],
  ['table: commit finding+outbox+seen+state', 'kill before'],
  ['table: commit finding+outbox+seen+state', 'kill after'],
  ['table: commit finding+outbox+seen+state', 'stalled 20 min'],
  ['table: commit run+state', '412'],
  ['webhook function: post', 'answer lost'],
  ['table: add delivery', 'time-out'],
  ['teams: post', '401'],
  ['webhook: post', 'endless body'],
])(
  'when a steady run meets at "%s" the fault "%s", then nothing is lost, double, stuck or untrue',
  async (boundary, name) => {
    const outcome = await runCase({ scene: 'steady run', boundary, kind: kind(name) });
    expect(outcome).toEqual({ met: true, wrong: NOTHING });
  },
  60_000,
);

test('when two instances run at once, then each finding is told once', async () => {
  for (let round = 0; round < 5; round++) expect(await raceTwo()).toEqual(NOTHING);
}, 60_000);

test.each([
  ['10 minutes ahead', 600_000],
  ['30 days ahead', 30 * 86_400_000],
  ['30 days behind', -30 * 86_400_000],
])(
  "when an instance's clock is %s, then the next one finds what there is and is not held up",
  async (_, ms) => {
    expect(await raceClocks(ms)).toEqual(NOTHING);
  },
);
