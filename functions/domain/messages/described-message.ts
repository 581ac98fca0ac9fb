import type { FindingKind } from '../hunting/finding.ts';

/** A sentence: text that is inert but for the channel's own markup, and moments that the channel shows in the reader's time zone. */
export type Sentence = (string | Date)[];

/** Text with a page behind it, where there is one. */
export interface Linked {
  text: string;
  url?: string;
}

/** One thing that a message tells, most often a finding, as people read it. */
export interface DescribedEntry {
  /** A word on what it is, for a colour; absent where it is the same for all. */
  kind?: { kind: FindingKind | 'not-completed'; name: string };
  /** The device, or the name of what it is about; a device of Defender has a page. */
  title?: Linked;
  /** Text from data: `{ label: 'URL', value: 'agents.addigy.com' }`. */
  details: { label?: string; value: string }[];
  /** Our own words and numbers. */
  lines: Sentence[];
}

/** A message as people read it, for any chat channel; the same words everywhere. All text from data went through `showText`. */
export interface DescribedMessage {
  headline: string;
  /** For a colour. */
  tone: 'alarm' | 'warning' | 'information' | 'good';
  /** What the headline means, for kinds of message that need it. */
  explanation?: string;
  /** What makes this less than whole: read before trusting a small number. */
  warnings: string[];
  entries: DescribedEntry[];
  /** Entries that the message counts but does not hold. */
  elsewhere: number;
  /** Says that so many entries are not shown, and where they are. */
  leftOut: (count: number) => string;
  facts: { label: string; value: Sentence }[];
  links: Required<Linked>[];
  /** The hunt that it is about; absent when it is about all. */
  hunt?: {
    name: string;
    description: string;
    tactics: string[];
    techniques: Linked[];
    workspace: string;
    runId: string;
  };
}
