import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { readExclusions } from '../../functions/adapters/files/exclusion-files.ts';
import { isBroad } from '../../functions/domain/exclusions/breadth.ts';
import type { Exclusion, ExclusionLists } from '../../functions/domain/exclusions/exclusion.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import type { Sighting } from '../../functions/domain/hunting/sighting.ts';
import { readCompiledHunts } from '../compiler/compile-hunts.ts';
import { type HuntTests, readHuntTests, testFileOf } from '../hunts/read-hunt-tests.ts';
import { runHuntCase } from '../hunts/run-hunt-case.ts';

/** A sighting of a test case that a change of the lists hides or shows. */
export interface Changed {
  hunt: string;
  case: string;
  identity: Record<string, string>;
  /** The exclusions that hide it now, or hid it before. */
  by: string[];
}

/** What a change of the exclusion lists does to the test events of the hunts. */
export interface Comparison {
  base: string;
  /** Ids of exclusions that are in one of the lists only, or differ in what they say. */
  added: string[];
  removed: string[];
  changed: string[];
  hidden: Changed[];
  shown: Changed[];
  /** Of the hidden, those of cases that are true positives, and what was hidden of such a case before. */
  lost: Changed[];
  /** Hunts from whose cases the exclusions hide more than before, and half of the sightings or more. */
  broad: { hunt: string; hidden: number; sightings: number; before: number }[];
  /** Entries that are left out, test files that can't be read: each in a line. */
  problems: string[];
  cases: number;
}

/**
 * Compares `exclusions/` as it is with what it was at a revision, on the test events of every hunt.
 * @throws Error that fits for one line: no such revision, a list that can't be read
 */
export async function compareExclusions({ root, base }: { root: string; base: string }): Promise<Comparison> {
  const hunts = await readCompiledHunts(root);
  const scratch = await mkdtemp(join(tmpdir(), 'exclusions-'));
  try {
    const before = await checkOut(root, base, scratch);
    const comparison: Comparison = {
      base,
      added: [],
      removed: [],
      changed: [],
      hidden: [],
      shown: [],
      lost: [],
      broad: [],
      problems: [],
      cases: 0,
    };
    for (const hunt of hunts) {
      const file = testFileOf(hunt.file);
      const read = readHuntTests(join(root, 'hunts', basename(file)), file);
      if (read && 'problems' in read) comparison.problems.push(...read.problems);
      if (!read || 'problems' in read) continue;
      const [old, now] = await Promise.all(
        [before, join(root, 'exclusions')].map((folder) =>
          readExclusions(folder, read.tests.settings, hunts),
        ),
      );
      if (!old || !now) continue;
      if (comparison.cases === 0) describeLists(old, now, comparison);
      await compareHunt(hunt, read.tests, old, now, comparison);
    }
    return comparison;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The default of EXCLUSION_WARN_SHARE. */
const BROAD_SHARE = 0.5;

function describeLists(old: ExclusionLists, now: ExclusionLists, comparison: Comparison): void {
  const text = ({ file, ...said }: Exclusion) => JSON.stringify(said);
  const [before, after] = [old, now].map(
    ({ exclusions }) => new Map(exclusions.map((one) => [one.id, text(one)])),
  );
  const ids = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])].sort();
  for (const id of ids) {
    if (!before?.has(id)) comparison.added.push(id);
    else if (!after?.has(id)) comparison.removed.push(id);
    else if (before.get(id) !== after.get(id)) comparison.changed.push(id);
  }
  comparison.problems.push(...now.leftOut.map(({ id, reason }) => `Exclusion ${id}: ${reason}`));
}

async function compareHunt(
  hunt: Hunt,
  tests: HuntTests,
  old: ExclusionLists,
  now: ExclusionLists,
  comparison: Comparison,
): Promise<void> {
  const sum = { hidden: 0, before: 0, sightings: 0 };
  const at = new Date();
  for (const one of tests.cases) {
    const [before, after] = await runHuntCase(hunt, one, [old.exclusions, now.exclusions], at);
    if (!before || !after) continue;
    comparison.cases++;
    sum.hidden += after.hidden.length;
    sum.before += before.hidden.length;
    sum.sightings += after.hidden.length + after.visible.length;
    const toChanged = ({ sighting, by }: { sighting: Sighting; by: string[] }): Changed => ({
      hunt: hunt.file,
      case: one.name,
      identity: sighting.identity,
      by,
    });
    const wasHidden = new Set(before.hidden.map(({ sighting }) => sighting.key));
    const isHidden = new Set(after.hidden.map(({ sighting }) => sighting.key));
    comparison.hidden.push(
      ...after.hidden.filter(({ sighting }) => !wasHidden.has(sighting.key)).map(toChanged),
    );
    comparison.shown.push(
      ...before.hidden.filter(({ sighting }) => !isHidden.has(sighting.key)).map(toChanged),
    );
    if (one.truePositive) comparison.lost.push(...after.hidden.map(toChanged));
  }
  if (sum.hidden > sum.before && isBroad(sum, BROAD_SHARE))
    comparison.broad.push({ hunt: hunt.file, ...sum });
}

const run = promisify(execFile);

/** The folder `exclusions/` of a revision, laid out in `scratch`. A revision without it has no exclusions. */
async function checkOut(root: string, revision: string, scratch: string): Promise<string> {
  const git = async (...args: string[]) =>
    (await run('git', args, { cwd: root, maxBuffer: 64 * 1024 * 1024 })).stdout;
  // A revision that begins with a hyphen would be an option.
  const commit = (await git('rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`)).trim();
  const folder = join(scratch, 'exclusions');
  await mkdir(folder);
  const names = (await git('ls-tree', '--name-only', '-z', commit, 'exclusions/')).split('\0');
  for (const name of names.filter((path) => /\.ya?ml$/.test(path)))
    await writeFile(join(folder, basename(name)), await git('show', `${commit}:./${name}`));
  return folder;
}
