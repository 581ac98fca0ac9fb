import type { Finding } from './finding.ts';

/**
 * Most characters of a finding's JSON, written in ASCII. 45 of them make a message of under 1 MiB as UTF-16, the most an entity may have,
 * and a transaction of under 4 MiB.
 */
export const MAX_FINDING_JSON = 10_000;
const MAX_COLUMNS = 100;
const MAX_HIDERS = 20;

/** A finding small enough for messages and storage: long values are cut, and each says how much. The whole row is in the run report and in the workspace. */
export function boundFinding(finding: Finding): Finding {
  if (isSmall(finding)) return finding;
  for (const longest of [2_000, 500, 120, 30]) {
    const bounded = cutFinding(finding, longest);
    if (asciiJson(bounded).length <= MAX_FINDING_JSON) return bounded;
  }
  return { ...cutFinding(finding, 30), row: {} };
}

/** So little that it stays within every limit, whatever characters it is of: of most findings, nothing is made anew. */
const SMALL = 1_200;

function isSmall({ row, identity, device, hiddenBy = [] }: Finding): boolean {
  const columns = Object.keys(row).length;
  const length = lengthOf(row) + lengthOf(identity) + lengthOf(device ?? {}) + hiddenBy.join().length;
  return columns <= MAX_COLUMNS && hiddenBy.length <= MAX_HIDERS && length <= SMALL;
}

/** Characters of names and values; a long name counts as too many. */
function lengthOf(record: Readonly<Record<string, unknown>>): number {
  let length = 0;
  for (const name in record) {
    const value = record[name];
    length += name.length > 100 ? SMALL + 1 : name.length;
    length += typeof value === 'string' ? value.length : 30;
  }
  return length;
}

/** JSON in which every character is ASCII: its length is its size, and it can be cut anywhere without breaking a character. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function cutFinding(finding: Finding, longest: number): Finding {
  const cutAll = <T>(record: Record<string, T>) => {
    const entries = Object.entries(record);
    const kept = entries
      .slice(0, MAX_COLUMNS)
      .map(([name, value]) => [
        cutText(name, 100),
        typeof value === 'string' ? cutText(value, longest) : value,
      ]);
    const left = entries.length - kept.length;
    return Object.fromEntries(left > 0 ? [...kept, ['…', `${left} more columns`]] : kept) as Record<
      string,
      T
    >;
  };
  return {
    ...finding,
    ...(finding.device && { device: cutAll(finding.device) }),
    ...(finding.hiddenBy && { hiddenBy: finding.hiddenBy.slice(0, MAX_HIDERS) }),
    identity: cutAll(finding.identity),
    row: cutAll(finding.row),
  };
}

function cutText(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest)}… (+${text.length - longest} characters)`;
}
