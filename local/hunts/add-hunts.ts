import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseHunts } from '../../functions/adapters/files/hunt-files.ts';
import { parseYamlFile, readYamlFolder } from '../../functions/adapters/files/read-yaml-folder.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import { completeHunt } from './rules/complete-hunt.ts';
import { findRuleFiles } from './rules/find-rule-files.ts';
import { huntText, stableId } from './rules/hunt-text.ts';
import { lostInAHunt } from './rules/lost-in-a-hunt.ts';
import type { Rule } from './rules/rule.ts';

/** What became of a rule, or of a file without any; `line` is where it stands in its file. */
export type Added = { file: string; format: string; line: number } & (
  | { kind: 'imported'; as: string; name: string; verbatim: boolean; remarks: string[] }
  /** A hunt with its id is there already, under that name. */
  | { kind: 'there'; as: string; remarks: string[] }
  | { kind: 'refused'; reasons: string[] }
  | { kind: 'passed over'; why: string }
);

/**
 * Takes rules into the folder of hunts, each under a name of its own: hunting YAML byte for byte, everything else with a header of ours. Refused are those
 * that the product could not use or that Microsoft's binder does not accept. Nothing is written where `dryRun` says so. Rejects when a path can't be read.
 */
export async function addHunts(path: string, folder: string, { dryRun = false } = {}): Promise<Added[]> {
  const hunts = parseHunts(await readYamlFolder(folder)).hunts;
  const intake: Intake = { folder, dryRun, hunts, before: new Set(hunts), names: new Set() };
  const added: Added[] = [];
  for await (const { path: file, format, rules = [], refused = [], passed = [] } of findRuleFiles(path)) {
    const place = (line: number) => ({ file, format, line });
    for (const rule of rules) added.push({ ...place(rule.line), ...(await addRule(file, rule, intake)) });
    for (const { line, why } of refused)
      added.push({ ...place(line), kind: 'refused', reasons: [`line ${line}: ${why}`] });
    for (const { line, why } of passed) added.push({ ...place(line), kind: 'passed over', why });
  }
  return added;
}

interface Intake {
  folder: string;
  dryRun: boolean;
  /** Grows by what is imported. */
  hunts: Hunt[];
  before: ReadonlySet<Hunt>;
  names: Set<string>;
}

type Outcome =
  | Omit<Extract<Added, { kind: 'imported' }>, 'file' | 'format' | 'line'>
  | Omit<Extract<Added, { kind: 'there' }>, 'file' | 'format' | 'line'>
  | Omit<Extract<Added, { kind: 'refused' }>, 'file' | 'format' | 'line'>;

async function addRule(file: string, rule: Rule, intake: Intake): Promise<Outcome> {
  const outcome = await addAs(file, rule, intake);
  if (outcome.kind !== 'refused' || !rule.otherwise) return outcome;
  const { query, line } = rule.otherwise;
  const remarks = [
    `the query of line ${rule.line} can't be used (${outcome.reasons[0]}), so that of line ${line} is taken`,
  ];
  const second = await addAs(file, { ...rule, query, line, remarks }, intake);
  return second.kind === 'refused' ? outcome : second;
}

async function addAs(file: string, given: Rule, intake: Intake): Promise<Outcome> {
  const known = identify(file, given, intake.hunts);
  if ('twin' in known) {
    const { twin } = known;
    const changed = plain(twin.query) !== plain(given.query);
    return {
      kind: 'there',
      as: twin.file,
      remarks: changed
        ? [`its query is another one now; remove ${twin.file} and add it again to take that`]
        : [],
    };
  }
  const { rule } = known;
  try {
    return await take(file, rule, intake);
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw error;
    return {
      kind: 'refused',
      reasons: [
        `line ${rule.line}: it could not be taken apart: ${error instanceof Error ? error.message : error}`,
      ],
    };
  }
}

async function take(
  file: string,
  rule: Rule & { id: string },
  { folder, dryRun, hunts, names }: Intake,
): Promise<Outcome> {
  const read = (text: string) => {
    const { hunts: parsed, problems } = parseHunts([parseYamlFile(file, text)]);
    return {
      hunt: problems.length === 0 ? parsed[0] : undefined,
      problems: problems.map(({ message }) => message.replace(`${file}:`, 'line ')),
    };
  };
  // What a file has that no hunt may have is left out, so that the rest can be used.
  let candidate: Rule & { id: string } = rule;
  let { hunt, problems } = read(huntText(candidate, [], {}));
  const remarks = [...rule.remarks];
  if (!hunt && rule.text !== undefined) {
    const { text: _, ...made } = mended(rule);
    candidate = made;
    const again = read(huntText(candidate, [], {}));
    if (again.hunt) remarks.push(`its file was made anew: ${problems.join('; ')}`);
    hunt = again.hunt;
    if (!hunt) problems = [...problems, ...again.problems];
  }
  if (!hunt) return { kind: 'refused', reasons: [...new Set(problems)] };

  const completed = completeHunt(hunt, rule.header.entityMappings);
  const clean = (messages: readonly string[]) => messages.map((message) => message.replace(`${file}: `, ''));
  if (completed.reasons)
    return { kind: 'refused', reasons: clean(completed.reasons).map((reason) => inFile(reason, rule, hunt)) };
  const { compiled } = completed.hunt;
  const tables = compiled?.tables.filter(({ shadowed }) => shadowed).map(({ name }) => name) ?? [];
  const content = huntText(candidate, tables, completed.additions);
  const as = freeName(rule.name, file, folder, names);
  if (!dryRun) await writeFile(join(folder, as), content, { flag: 'wx' });
  names.add(as);
  const target = `${basename(folder)}/${as}`;
  hunts.push({ ...completed.hunt, file: target });
  return {
    kind: 'imported',
    as: target,
    name: rule.name,
    verbatim: content === rule.text,
    remarks: [...remarks, ...lostInAHunt(rule), ...clean(completed.remarks)],
  };
}

/** The rule with an id and a name that no other hunt has, or the hunt that it is already. */
function identify(
  file: string,
  rule: Rule,
  hunts: readonly Hunt[],
): { twin: Hunt } | { rule: Rule & { id: string } } {
  const source = `${basename(dirname(file))}/${basename(file)}#${rule.part}`;
  const ids = rule.id === undefined ? [stableId(source)] : [rule.id, stableId(`${rule.id}/${rule.name}`)];
  const remarks = [...rule.remarks];
  for (const id of ids) {
    const twin = hunts.find((hunt) => same(hunt.id, id));
    if (
      twin &&
      (rule.id === undefined ||
        id !== rule.id ||
        same(twin.name.replace(/ \(\d+\)$/, ''), rule.name) ||
        plain(twin.query) === plain(rule.query))
    )
      return { twin };
    if (twin) {
      remarks.push(`its id is that of ${twin.file}, which is another rule; it got one of its own`);
      continue;
    }
    const name = freeHuntName(rule.name, hunts);
    if (name !== rule.name) remarks.push(`its name is that of another hunt; here it is "${name}"`);
    const { text, ...made } = rule;
    const kept = id === rule.id && name === rule.name && text !== undefined;
    return { rule: { ...made, id, name, remarks, ...(kept && { text }) } };
  }
  return { rule: { ...rule, id: stableId(`${source}/${rule.name}`), remarks } };
}

function freeHuntName(name: string, hunts: readonly Hunt[]): string {
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name} (${number})`;
    if (!hunts.some((hunt) => same(hunt.name, free))) return free;
  }
}

const ownKeys: ReadonlySet<string> = new Set([
  'description',
  'severity',
  'kind',
  'queryFrequency',
  'queryPeriod',
  'triggerOperator',
  'triggerThreshold',
  'tactics',
  'entityMappings',
  'customDetails',
  'alertDetailsOverride',
  'eventGroupingSettings',
  'version',
  'lookback',
  'identity',
]);

/** The rule with the keys that are understood; techniques that are none, and tables that are no names, are left out. */
function mended(rule: Rule & { id: string }): Rule & { id: string } {
  const { relevantTechniques, technique, techniques } = rule.header;
  const named = [relevantTechniques, technique, techniques]
    .flat()
    .filter((one) => typeof one === 'string' && /^\s*T\d{4}(\.\d{3})?\s*$/.test(one));
  const kept = Object.fromEntries(Object.entries(rule.header).filter(([key]) => ownKeys.has(key)));
  return { ...rule, header: { ...kept, ...(named.length > 0 && { relevantTechniques: named }) } };
}

/** `line 3, column 5 of the query` with the line of the file beside it. */
function inFile(reason: string, rule: Rule, hunt: Hunt): string {
  const offset = rule.text === undefined ? rule.line - 1 : rule.line + (hunt.query.startsWith('```') ? 1 : 0);
  const placed = reason.replace(
    /^line (\d+)(, column \d+)? of the query/,
    (_, line: string) => `line ${offset + Number(line)}`,
  );
  return placed.startsWith('line ') ? placed : `line ${rule.line}: ${placed}`;
}

/** `Network_Connection-Addigy.yaml` becomes `network-connection-addigy.yaml`, or `…-2.yaml` where that is taken. */
function freeName(name: string, file: string, folder: string, taken: ReadonlySet<string>): string {
  const stem = basename(file).replace(/\.[A-Za-z]+$/, '');
  const plainName = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 80)
      .replace(/-$/, '');
  const wanted = /\.ya?ml$/i.test(file) ? plainName(stem) : plainName(name) || plainName(stem);
  for (let number = 1; ; number++) {
    const free = `${wanted || 'hunt'}${number === 1 ? '' : `-${number}`}.yaml`;
    if (!existsSync(join(folder, free)) && !taken.has(free)) return free;
  }
}

const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
const plain = (query: string) =>
  query
    .replace(/^\s*```\w*/, '')
    .replace(/```\s*$/, '')
    .replace(/\s+/g, ' ')
    .trim();
