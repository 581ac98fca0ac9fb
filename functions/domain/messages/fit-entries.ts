import type { DescribedEntry, DescribedMessage } from './described-message.ts';

/**
 * Renders a message with as many entries as fit, at most `most`. What finds no room comes as a sentence that counts it: nothing is left out silently.
 * `render` must fit without any entry.
 */
export function fitEntries<Rendered>(
  { entries, elsewhere, leftOut }: DescribedMessage,
  most: number,
  render: (entries: DescribedEntry[], leftOut: string | undefined) => Rendered,
  fits: (rendered: Rendered) => boolean,
): Rendered {
  for (let shown = Math.min(most, entries.length); ; shown--) {
    const left = entries.length - shown + elsewhere;
    const rendered = render(entries.slice(0, shown), left > 0 ? leftOut(left) : undefined);
    if (shown === 0 || fits(rendered)) return rendered;
  }
}
