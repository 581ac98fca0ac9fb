import type { DescribedEntry, DescribedMessage } from './described-message.ts';

/** Characters of each text, the longest first: what does not fit whole is tried shorter, and says so. */
const LENGTHS = [Number.POSITIVE_INFINITY, 120, 50, 20];

/**
 * Renders a message with as many entries as fit, at most `most`. What finds no room comes as a sentence that counts it: nothing is left out silently. Where not
 * even one entry fits, all texts are shortened, and say so: whoever writes the data cannot write himself off the card.
 */
export function fitEntries<Rendered>(
  described: DescribedMessage,
  most: number,
  render: (described: DescribedMessage, entries: DescribedEntry[], leftOut: string | undefined) => Rendered,
  fits: (rendered: Rendered) => boolean,
): Rendered {
  const renderSome = (shortened: DescribedMessage, shown: number) => {
    const left = shortened.entries.length - shown + shortened.elsewhere;
    return render(
      shortened,
      shortened.entries.slice(0, shown),
      left > 0 ? shortened.leftOut(left) : undefined,
    );
  };
  const fewest = Math.min(1, described.entries.length);
  for (const length of LENGTHS) {
    const shortened = length === Number.POSITIVE_INFINITY ? described : shorten(described, length);
    for (let shown = Math.min(most, shortened.entries.length); shown >= fewest; shown--) {
      const rendered = renderSome(shortened, shown);
      if (fits(rendered)) return rendered;
    }
  }
  return renderSome({ ...shorten(described, LENGTHS.at(-1) ?? 0), links: [] }, fewest);
}

function shorten(described: DescribedMessage, length: number): DescribedMessage {
  const short = (text: string) => cut(text, length);
  const { hunt } = described;
  return {
    ...described,
    headline: short(described.headline),
    warnings: described.warnings.map(short),
    entries: described.entries.map((entry) => ({
      ...entry,
      ...(entry.title && { title: { ...entry.title, text: short(entry.title.text) } }),
      details: entry.details.map(({ label, value }) => ({
        ...(label !== undefined && { label: short(label) }),
        value: short(value),
      })),
    })),
    ...(hunt && {
      hunt: {
        ...hunt,
        name: short(hunt.name),
        description: short(hunt.description),
        tactics: hunt.tactics.map(short),
        techniques: hunt.techniques.map((technique) => ({ ...technique, text: short(technique.text) })),
        workspace: short(hunt.workspace),
      },
    }),
  };
}

/** What opens a right-to-left isolate, as `showText` sets one, also closes it. */
function cut(text: string, length: number): string {
  const characters = Array.from(text);
  if (characters.length <= length) return text;
  const end = text.startsWith('\u2068') ? '\u2069' : '';
  return `${characters.slice(0, length).join('')}${end} ‹shortened›`;
}
