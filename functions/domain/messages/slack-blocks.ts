import { describeMessage } from './describe-message.ts';
import type { DescribedEntry, DescribedMessage, Linked, Sentence } from './described-message.ts';
import { fitEntries } from './fit-entries.ts';
import type { Message } from './message.ts';

/** Any block or element of Block Kit. */
export type SlackBlock = { type: string } & Record<string, unknown>;

/** The body of a POST to a Slack incoming webhook. */
export interface SlackPost {
  /** For notifications and screen readers; in Slack's markup, so escaped. */
  text: string;
  blocks: SlackBlock[];
  /** Slack must not fetch what an attacker wrote. */
  unfurl_links: false;
  unfurl_media: false;
}

/** Slack takes 50 blocks; a header, warnings, what is left out and a footer stand beside them. */
const MAX_ENTRIES = 20;
const MAX_HEADER_CHARACTERS = 150;
/** Slack refuses blocks of more than about 13,200 characters in all (`msg_blocks_too_long`), which no document says. */
const MAX_BLOCKS_CHARACTERS = 12_000;

/**
 * A message as Slack blocks, within Slack's limits for any data; what finds no room is counted.
 *
 * Text from data stands in `rich_text` and `plain_text` only, which know no markup: no mention, link, emoji or formatting comes of it.
 */
export function slackPost(message: Message): SlackPost {
  const described = describeMessage(message);
  const blocks = fitEntries(
    described,
    MAX_ENTRIES,
    toBlocks,
    (candidate) => JSON.stringify(candidate).length <= MAX_BLOCKS_CHARACTERS,
  );
  return { text: escapeMarkup(described.headline), blocks, unfurl_links: false, unfurl_media: false };
}

function toBlocks(
  described: DescribedMessage,
  entries: DescribedEntry[],
  leftOut: string | undefined,
): SlackBlock[] {
  const { headline, explanation, warnings } = described;
  const footer = footerElements(described);
  return [
    { type: 'header', text: { type: 'plain_text', text: shorten(headline), emoji: false } },
    ...(explanation === undefined ? [] : [rich([text(explanation)])]),
    ...(warnings.length === 0 ? [] : [quote(warnings.join('\n'))]),
    ...entries.map((entry) => rich(entryElements(entry))),
    ...(leftOut === undefined ? [] : [rich([text(leftOut, bold)])]),
    // Slack refuses a section of nothing.
    ...(footer.length === 0 ? [] : [{ type: 'divider' }, rich(footer)]),
  ];
}

function shorten(headline: string): string {
  const characters = Array.from(headline);
  return headline.length <= MAX_HEADER_CHARACTERS
    ? headline
    : `${characters.slice(0, MAX_HEADER_CHARACTERS / 2 - 1).join('')}…`;
}

const kindEmoji: Record<NonNullable<DescribedEntry['kind']>['kind'], string> = {
  'new-device': 'red_circle',
  'new-activity': 'large_orange_circle',
  returned: 'large_blue_circle',
  unhidden: 'white_circle',
  'not-completed': 'warning',
};

/** Kind and device, then what the row says, then when. */
function entryElements({ kind, title, details, lines }: DescribedEntry): SlackBlock[] {
  return [
    ...(kind ? [{ type: 'emoji', name: kindEmoji[kind.kind] }, text(` ${kind.name}  `, bold)] : []),
    ...(title ? [linked(title, bold)] : []),
    ...details.map(({ label, value }) => text(`\n${label === undefined ? '' : `${label}: `}${value}`)),
    ...lines.flatMap((line) => [text('\n'), ...sentence(line)]),
  ];
}

function footerElements({ facts, hunt, links }: DescribedMessage): SlackBlock[] {
  return [
    ...facts.flatMap(({ label, value }) => [...sentence([`${label}: `, ...value]), text('\n')]),
    ...(hunt ? huntElements(hunt) : []),
    ...links.flatMap((link) => [text('\n'), linked(link, bold)]),
  ];
}

function huntElements(hunt: NonNullable<DescribedMessage['hunt']>): SlackBlock[] {
  const tags = [...hunt.tactics.map((name): Linked => ({ text: name })), ...hunt.techniques];
  return [
    text(`Workspace: ${hunt.workspace}  ·  Run: ${hunt.runId}\n`),
    text(`${hunt.name}\n`, bold),
    ...tags.flatMap((tag, index) => (index === 0 ? [linked(tag)] : [text('  ·  '), linked(tag)])),
    ...(hunt.description === '' ? [] : [text(`\n${hunt.description}`)]),
  ];
}

const bold = { style: { bold: true } };

function rich(elements: SlackBlock[]): SlackBlock {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] };
}

function quote(words: string): SlackBlock {
  return { type: 'rich_text', elements: [{ type: 'rich_text_quote', elements: [text(words)] }] };
}

function text(words: string, style: { style?: object } = {}): SlackBlock {
  return { type: 'text', text: words, ...style };
}

function linked({ text: words, url }: Linked, style: { style?: object } = {}): SlackBlock {
  return url === undefined ? text(words, style) : { type: 'link', url, text: words, ...style };
}

/** Moments are shown in the reader's time zone. */
function sentence(parts: Sentence): SlackBlock[] {
  return parts
    .filter((part) => part !== '')
    .map((part) =>
      part instanceof Date
        ? {
            type: 'date',
            timestamp: Math.floor(part.getTime() / 1000),
            format: '{date_short} {time}',
            fallback: `${part.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
          }
        : text(part),
    );
}

/** The three characters that Slack's markup is made of. */
function escapeMarkup(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
