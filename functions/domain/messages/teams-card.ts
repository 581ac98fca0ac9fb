import { describeMessage } from './describe-message.ts';
import type { DescribedEntry, DescribedMessage, Sentence } from './described-message.ts';
import { fitEntries } from './fit-entries.ts';
import type { Message } from './message.ts';

/** Any element of an Adaptive Card. */
export type CardElement = { type: string } & Record<string, unknown>;

export interface AdaptiveCard {
  type: 'AdaptiveCard';
  /** Newer versions are not displayed when a Power Automate flow posts them. */
  version: '1.4';
  body: CardElement[];
  [property: string]: unknown;
}

/** The body of a POST to a Teams Workflows webhook. */
export interface TeamsPost {
  type: 'message';
  attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive'; content: AdaptiveCard }];
}

/** Findings, or hunts in a summary, on one card: more is a list that nobody reads. */
const MAX_ENTRIES_PER_CARD = 20;
/**
 * Teams refuses messages above 28 KB (28,672), after the flow has taken them with 202: nobody hears of it. A flow puts the card as text into JSON of its own, so
 * each quote and backslash counts again: 24,453 bytes were seen to become 28,897. What is left is for what the flow puts around it.
 */
const MAX_ESCAPED_BYTES = 25_500;
const MAX_POST_BYTES = 22_000;
const MAX_DEVICE_BUTTONS = 3;

/**
 * A message as a post with one Adaptive Card, within what Teams shows for any data; what finds no room is counted on the card.
 *
 * Text from data stands in text runs only: text blocks and fact sets render Markdown, runs don't. Runs do fill in `{{DATE(…)}}`, so a double
 * brace of the data's is broken up. Moments are our own and stand in text blocks, where Teams shows them in the reader's time zone.
 */
export function teamsCard(message: Message): TeamsPost {
  const described = describeMessage(message);
  return fitEntries(
    described,
    MAX_ENTRIES_PER_CARD,
    (shortened, entries, leftOut) => toPost(toCard(shortened, entries, leftOut)),
    fitsTeams,
  );
}

function fitsTeams(post: TeamsPost): boolean {
  const sent = JSON.stringify(post);
  const withinFlow = JSON.stringify(sent);
  return Buffer.byteLength(sent) <= MAX_POST_BYTES && Buffer.byteLength(withinFlow) <= MAX_ESCAPED_BYTES;
}

function toPost(content: AdaptiveCard): TeamsPost {
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }],
  };
}

function toCard(
  described: DescribedMessage,
  entries: DescribedEntry[],
  leftOut: string | undefined,
): AdaptiveCard {
  return {
    type: 'AdaptiveCard',
    version: '1.4',
    fallbackText: inert(described.headline),
    msteams: { width: 'Full' },
    body: [
      header(described),
      ...warnings(described.warnings),
      ...entryBlocks(entries),
      ...(leftOut === undefined
        ? []
        : [rich([run(leftOut, { weight: 'Bolder' })], { separator: true, spacing: 'Medium' })]),
      footer(described),
    ],
  };
}

const headerStyles: Record<DescribedMessage['tone'], string> = {
  alarm: 'attention',
  warning: 'warning',
  information: 'accent',
  good: 'good',
};

/** Not `Warning`: on a phone that is yellow on white. */
const kindColors: Record<NonNullable<DescribedEntry['kind']>['kind'], string> = {
  'new-device': 'Attention',
  'new-activity': 'Accent',
  returned: 'Accent',
  unhidden: 'Default',
  'not-completed': 'Attention',
};

function header({ headline, explanation, tone }: DescribedMessage): CardElement {
  return {
    type: 'Container',
    style: headerStyles[tone],
    bleed: true,
    items: [
      rich([run(headline, { size: 'Large', weight: 'Bolder' })]),
      ...(explanation === undefined ? [] : [rich([run(explanation)], { spacing: 'Small' })]),
    ],
  };
}

function warnings(sentences: string[]): CardElement[] {
  if (sentences.length === 0) return [];
  const items = sentences.map((warning) => rich([run(warning)], { spacing: 'Small' }));
  return [{ type: 'Container', style: 'warning', bleed: true, spacing: 'None', items }];
}

/** A few devices have a button each, once; of many, the name is the link. */
function entryBlocks(entries: DescribedEntry[]): CardElement[] {
  const pages = new Set(entries.flatMap(({ title }) => title?.url ?? []));
  const buttonless = pages.size > MAX_DEVICE_BUTTONS;
  return entries.map((entry, index) => {
    const page = entry.title?.url;
    const first = page !== undefined && pages.delete(page);
    return entryBlock(entry, index > 0, first && !buttonless ? page : undefined);
  });
}

/** Kind and device, then what the row says, then when. */
function entryBlock(
  { kind, title, details, lines }: DescribedEntry,
  separator: boolean,
  button: string | undefined,
): CardElement {
  const heading = [
    ...(kind ? [run(`${kind.name}  `, { weight: 'Bolder', color: kindColors[kind.kind] })] : []),
    ...(title ? [run(title.text, { weight: 'Bolder', ...link(title.url) })] : []),
  ];
  return {
    type: 'Container',
    separator,
    spacing: 'Medium',
    items: [
      ...(heading.length > 0 ? [rich(heading)] : []),
      ...details.map(({ label, value }) =>
        rich(
          [
            ...(label === undefined ? [] : [run(`${label}  `, small)]),
            run(value, { fontType: 'Monospace', size: 'Small' }),
          ],
          tight,
        ),
      ),
      ...lines.map((line) => text(line, { ...small, ...tight })),
      ...(button === undefined ? [] : buttons([{ text: 'Open device in Defender', url: button }])),
    ],
  };
}

function buttons(links: DescribedMessage['links']): CardElement[] {
  if (links.length === 0) return [];
  const actions = links.map(({ text: title, url }) => ({ type: 'Action.OpenUrl', title, url }));
  return [{ type: 'ActionSet', spacing: 'Small', actions }];
}

function footer({ hunt, facts, links }: DescribedMessage): CardElement {
  return {
    type: 'Container',
    style: 'emphasis',
    bleed: true,
    spacing: 'Medium',
    items: [
      ...facts.map(({ label, value }) => text([`${label}: `, ...value], { ...small, ...tight })),
      ...(hunt ? huntBlocks(hunt) : []),
      ...buttons(links),
    ],
  };
}

function huntBlocks(hunt: NonNullable<DescribedMessage['hunt']>): CardElement[] {
  const tags = [
    ...hunt.tactics.map((tactic) => run(tactic, small)),
    ...hunt.techniques.map((technique) => run(technique.text, { ...small, ...link(technique.url) })),
  ];
  return [
    rich([run(`Workspace: ${hunt.workspace}  ·  Run: ${hunt.runId}`, small)], tight),
    rich([run(hunt.name, { weight: 'Bolder', size: 'Small' })], { spacing: 'Small' }),
    ...(tags.length > 0 ? [rich(joined(tags), tight)] : []),
    ...(hunt.description === '' ? [] : [rich([run(hunt.description, small)], tight)]),
  ];
}

const small = { size: 'Small', isSubtle: true };
const tight = { spacing: 'None' };

function rich(inlines: CardElement[], properties: Record<string, unknown> = {}): CardElement {
  return { type: 'RichTextBlock', inlines, ...properties };
}

function run(value: string, properties: Record<string, unknown> = {}): CardElement {
  return { type: 'TextRun', text: inert(value), ...properties };
}

/** Text runs render no Markdown, but fill in dates: `{{DATE(2020-01-01T00:00:00Z)}}` in a device name is the attacker's, not ours. */
function inert(value: string): string {
  return value.replaceAll('{{', '{‹U+007B›');
}

function link(url: string | undefined): Record<string, unknown> {
  return url === undefined ? {} : { selectAction: { type: 'Action.OpenUrl', url } };
}

/** For our own words and moments only. */
function text(sentence: Sentence, properties: Record<string, unknown>): CardElement {
  const words = sentence.map((part) => (part instanceof Date ? moment(part) : part)).join('');
  return { type: 'TextBlock', text: words, wrap: true, ...properties };
}

/** Filled in by Teams in the reader's zone and language; it takes no fractions of a second. */
function moment(date: Date): string {
  const iso = `${date.toISOString().slice(0, 19)}Z`;
  return `{{DATE(${iso},SHORT)}} {{TIME(${iso})}}`;
}

function joined(runs: CardElement[]): CardElement[] {
  return runs.flatMap((one, index) => (index === 0 ? one : [run('  ·  ', small), one]));
}
