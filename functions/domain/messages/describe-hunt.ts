import { parseTechnique, tacticName } from './attack.ts';
import type { DescribedMessage } from './described-message.ts';
import type { FindingsMessage } from './kinds/findings-message.ts';
import type { GapMessage } from './kinds/gap-message.ts';
import type { HealthMessage } from './kinds/health-message.ts';
import type { MuchHiddenMessage } from './kinds/much-hidden-message.ts';
import type { RunLinks } from './run-links.ts';
import { showText } from './show-text.ts';

export function describeHunt({
  hunt,
  workspace,
  run,
}: FindingsMessage | GapMessage | HealthMessage | MuchHiddenMessage): NonNullable<DescribedMessage['hunt']> {
  return {
    name: showText(hunt.name, 160),
    description: showText(hunt.description.replace(/\s+/g, ' ').trim(), 400),
    tactics: hunt.tactics.slice(0, 5).map((tactic) => showText(tacticName(tactic), 60)),
    techniques: hunt.techniques.slice(0, 8).map((id) => {
      const technique = parseTechnique(id);
      return { text: showText(id, 30), ...(technique && { url: technique.url }) };
    }),
    workspace: nameOf(workspace),
    runId: showText(run.id, 64),
  };
}

export function nameOf({ id, name }: { id: string; name?: string | undefined }): string {
  return showText(name ?? id, 80);
}

/**
 * What a hunt is about, in few words, from its name. Names of Sentinel hunts often read "category - subject - kind of event":
 * then the middle is it. Any other name stands for itself.
 */
export function subjectOf(name: string): { subject: string; network: boolean } {
  const parts = name.split(/\s+[-–—]\s+/).filter((part) => part.trim() !== '');
  const network = parts.length >= 3 && /^network connections?$/i.test(parts.at(-1)?.trim() ?? '');
  const subject = network ? parts.slice(1, -1).join(' - ') : name;
  return { subject: showText(subject, 80), network };
}

/** What a card can open of its run; three buttons side by side must fit a phone's width. */
export function linksOf({
  queryUrl,
  runUrl,
  historyUrl,
}: {
  [name in keyof RunLinks]?: string | undefined;
}): DescribedMessage['links'] {
  return [
    { text: 'Query', url: queryUrl },
    { text: 'Why?', url: historyUrl },
    { text: 'This run', url: runUrl },
  ].flatMap(({ text, url }) => (url === undefined ? [] : [{ text, url }]));
}
