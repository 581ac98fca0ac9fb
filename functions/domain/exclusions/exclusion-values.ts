import { readAddressRange } from './address-range.ts';
import type { Operator } from './exclusion.ts';
import type { PatternJudge } from './portable-regex.ts';

/** What placeholders are filled from. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** How values are read: from which settings, and how patterns are judged. */
export interface ValueContext {
  settings: Settings;
  /** Names of settings that may be filled in; absent: any but those that may be secrets, for lists that were reviewed. */
  placeholders?: ReadonlySet<string>;
  judgePattern: PatternJudge;
}

/** Values that an operator can compare with, the settings that they name and those of them that had none, and what is wrong with the others. */
export interface ReadValues {
  values: string[];
  named: string[];
  unset: string[];
  problems: string[];
}

/** Fills in the placeholders and checks that each value is valid for the operator and doesn't match everything. */
export function readValues(operator: Operator, given: readonly string[], context: ValueContext): ReadValues {
  const { values, named, unset, problems } = fillIn(given, context);
  const checked = values.map(({ value, source }) => checkValue(operator, value, source, context));
  return {
    values: checked.flatMap((result) => ('value' in result ? [result.value] : [])),
    named,
    unset,
    problems: [...problems, ...checked.flatMap((result) => ('problem' in result ? [result.problem] : []))],
  };
}

/** Names that look like secrets: what a query says can be read in the workspace's logs. */
const secretName = /SECRET|KEY|TOKEN|PASS|CONNECTION|URL|STORAGE|HEADER|SIG|AUTH|CRED|CERT|WEBHOOK|SAS/i;
/** Names that are the platform's: its own, and its copies of settings. */
const platformName = /^(APPSETTING|AZURE|IDENTITY|MSI|WEBSITE|FUNCTIONS|CONTAINER|KUBERNETES)_/i;
/** Values that are secrets whatever they are called: webhook addresses, signing secrets, keys. */
const secretValue = /whsec_|:\/\/|[?&;]sig=|AccountKey=|SharedAccess/i;

/** Replaces values of the form `${NAME}` by the setting's comma-separated values; `source` says where a value is from without showing it. */
function fillIn(given: readonly string[], { settings, placeholders }: ValueContext) {
  const values: { value: string; source: string }[] = [];
  const named: string[] = [];
  const unset: string[] = [];
  const problems: string[] = [];
  for (const value of given) {
    const name = /^\$\{([A-Z][A-Z0-9_]*)\}$/.exec(value)?.[1];
    if (name === undefined) {
      if (value.includes('${'))
        problems.push(`${value} must be a setting's name in capitals, alone: \${NAME}`);
      else values.push({ value, source: JSON.stringify(value) });
    } else if (placeholders && !placeholders.has(name)) {
      problems.push(
        `\${${name}} is not a setting for exclusions: name it in EXCLUSION_PLACEHOLDERS, or use it in a list of exclusions/`,
      );
    } else if (secretName.test(name) || platformName.test(name) || secretValue.test(settings[name] ?? '')) {
      problems.push(`\${${name}} is, or may be, a secret; a query must not carry one`);
    } else {
      const filled = (settings[name] ?? '')
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
      named.push(name);
      if (filled.length === 0) unset.push(name);
      values.push(...filled.map((part) => ({ value: part, source: `a value of the setting ${name}` })));
    }
  }
  return { values, named, unset, problems };
}

function checkValue(
  operator: Operator,
  value: string,
  source: string,
  { judgePattern }: ValueContext,
): { value: string } | { problem: string } {
  if (value.trim() === '') return { problem: `${source} is empty and would match everything or nothing` };
  if (!value.isWellFormed()) return { problem: `${source} has half a character (a lone surrogate)` };
  const wildcard = problemWithWildcard(operator, value);
  if (wildcard !== undefined) return { problem: `${source} ${wildcard}` };
  switch (operator) {
    case 'equals':
      return { value };
    case 'contains':
    case 'startsWith':
    case 'endsWith':
    case 'has': {
      const significant = value.match(/[\p{L}\p{N}]/gu) ?? [];
      return significant.length >= 2
        ? { value }
        : { problem: `${source} matches too much: it needs two letters or digits` };
    }
    case 'matches': {
      const problem = judgePattern(value);
      return problem === undefined ? { value } : { problem: `${source} ${problem}` };
    }
    case 'cidr': {
      const result = readAddressRange(value);
      return 'range' in result ? { value: result.range } : { problem: `${source} ${result.problem}` };
    }
  }
}

/** A `*` that was meant as "anything" would stand for itself, and the exclusion hide nothing without a word. */
function problemWithWildcard(operator: Operator, value: string): string | undefined {
  if (operator === 'matches' || operator === 'cidr') return undefined;
  const [first, last] = [value.startsWith('*'), value.endsWith('*')];
  // Within a command line, a * stands for itself as a rule.
  const inside = operator === 'equals' && value.includes('*') && !/\s/.test(value);
  if (!first && !last && !inside) return undefined;
  const meant = first && last ? 'contains' : last ? 'startsWith' : first ? 'endsWith' : 'matches';
  const instead =
    meant === 'matches' ? 'matches with a pattern (^a.*b$)' : `${meant} with the text alone, without the *`;
  return `has a *, which stands for itself here; use ${instead}, or matches with \\* for the sign`;
}
