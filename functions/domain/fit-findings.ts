import type { DescribedFinding } from './describe-finding.ts';
import type { DescribedMessage } from './describe-message.ts';
import { number } from './quantity.ts';

/**
 * Renders a message with as many findings as fit, at most `most`. What finds no room comes as a sentence that counts it: nothing is left out silently.
 * `render` must fit without any finding.
 */
export function fitFindings<Rendered>(
  described: DescribedMessage,
  most: number,
  render: (findings: DescribedFinding[], leftOut: string | undefined) => Rendered,
  fits: (rendered: Rendered) => boolean,
): Rendered {
  for (let shown = Math.min(most, described.findings.length); ; shown--) {
    const left = described.findings.length - shown + described.elsewhere;
    const leftOut =
      left > 0
        ? `${number(left)} more not shown here. The report of run ${described.runId} has all of them.`
        : undefined;
    const rendered = render(described.findings.slice(0, shown), leftOut);
    if (shown === 0 || fits(rendered)) return rendered;
  }
}
