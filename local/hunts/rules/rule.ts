/** A rule that people have, whatever it is written in. */
export interface Rule {
  /** Where its query begins, or the rule itself, in its file. */
  line: number;
  /** What tells it from others of its file: a heading, its number; empty for the only one. */
  part: string;
  /** Its GUID, where it has one. */
  id?: string;
  name: string;
  query: string;
  /** Further keys of a hunt's file, as Sentinel writes them. */
  header: Readonly<Record<string, unknown>>;
  /** What it was is lost in a hunt, in sentences. */
  remarks: string[];
  /** The text that is a hunt's file as it stands. */
  text?: string;
  /** Another that asks the same of Defender XDR, for when this one can't be used. */
  otherwise?: Pick<Rule, 'query' | 'line'>;
}

/** What a file holds: rules, those that can't be used and why, and what is none. */
export interface RuleFile {
  format: string;
  rules?: Rule[];
  refused?: { line: number; why: string }[];
  /** What in it is no rule, and why; the same words for all of a kind. */
  passed?: { line: number; why: string }[];
}

const techniquePattern = /\bT\d{4}(?:\.\d{3})?\b/g;

/** ATT&CK technique ids that a text names, without repeats. */
export function techniquesIn(text: string): string[] {
  return [...new Set(text.match(techniquePattern))];
}
