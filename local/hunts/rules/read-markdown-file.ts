import { queriesIn } from './read-query-file.ts';
import { type Rule, type RuleFile, techniquesIn } from './rule.ts';

/** A fenced block, and the headings above it, from the outermost. */
interface Block {
  language: string;
  text: string;
  line: number;
  headings: string[];
}

/** A page with queries in fenced blocks: one rule each; what stands once for Sentinel and once for Defender XDR is one rule. */
export function readMarkdownFile(name: string, content: string): RuleFile {
  const text = content.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const { blocks, title, description } = readPage(text);
  const isFragment = ({ text: kql }: Block) => /^\s*\|/.test(kql);
  const kql = blocks.filter(isKql);
  const fragments = kql
    .filter(isFragment)
    .map(({ line }) => ({ line, why: 'begins with |: it is a part of a query' }));
  const queries = kql
    .filter((block) => !isFragment(block))
    .flatMap((block) =>
      queriesIn(block.text).map(({ query, line }) => ({
        ...block,
        text: query,
        line: block.line + line - 1,
      })),
    );
  if (queries.length === 0)
    return {
      format: 'Markdown',
      passed: [...fragments, { line: 1, why: 'is Markdown without a block of KQL' }],
    };
  const pairs = paired(queries);
  const header = { description: description ?? title ?? name, relevantTechniques: techniquesIn(text) };
  return {
    format: 'Markdown',
    rules: pairs.map(({ block, otherwise }, index): Rule => {
      const part = pairs.length === 1 ? '' : String(index + 1);
      const heading = part === '' ? undefined : block.headings.slice(1).findLast((one) => !flavourOf(one));
      const called = title ?? name;
      return {
        line: block.line,
        part,
        name: part === '' ? called : `${called}${heading ? `: ${heading}` : ''} (${part})`,
        query: block.text,
        header,
        remarks: otherwise
          ? [
              `line ${otherwise.line} has the same for ${flavourOf(otherwise.headings.at(-1) ?? '') ?? 'another place'}; it is not taken`,
            ]
          : [],
        ...(otherwise && { otherwise: { query: otherwise.text, line: otherwise.line } }),
      };
    }),
    passed: fragments,
  };
}

function readPage(text: string): { blocks: Block[]; title?: string; description?: string } {
  const blocks: Block[] = [];
  const headings: string[] = [];
  const prose: { heading: string; text: string }[] = [];
  let open: (Block & { fence: string }) | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^\s*(```+|~~~+)\s*([^\s`]*)/.exec(line);
    if (open) {
      if (fence?.[1]?.startsWith(open.fence) && fence[2] === '') {
        blocks.push({ ...open, text: open.text.replace(/\n$/, '') });
        open = undefined;
      } else open.text += `${line}\n`;
      continue;
    }
    if (fence) {
      open = {
        language: fence[2] ?? '',
        fence: fence[1] ?? '```',
        text: '',
        line: index + 2,
        headings: headings.filter(Boolean),
      };
      continue;
    }
    const heading = /^(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
    const level = heading?.[1]?.length ?? 0;
    if (heading && level > 0) {
      headings.length = level - 1;
      for (let above = 0; above < level - 1; above++) headings[above] ??= '';
      headings.push(plain(heading[2] ?? ''));
      prose.push({ heading: headings.at(-1) ?? '', text: '' });
    } else if (prose.length > 0) (prose.at(-1) ?? { text: '' }).text += `${line}\n`;
  }
  if (open) blocks.push({ ...open, text: open.text.trimEnd() });
  const said =
    prose.find(({ heading, text }) => /descri/i.test(heading) && text.trim() !== '') ??
    prose.find((one) => one.text.trim() !== '');
  const title = prose[0]?.heading;
  const description = said?.text
    .trim()
    .replace(/\n{3,}/g, '\n\n')
    .slice(0, 2000);
  return { blocks, ...(title && { title }), ...(description && { description }) };
}

const plain = (text: string) =>
  text
    .replace(/[*_`]/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim();

/** Languages that have operators behind pipes too, or anything else at the beginning of a line. */
const otherLanguages =
  /^(bash|batch|cmd|console|html|json|pwsh|powershell|ps1?|py|python|sh|shell|spl|splunk|xml|ya?ml)$/i;

/** Blocks of another language, or of none, are KQL where an operator stands at the beginning of a line: there are packs that call it C# for its colours. */
function isKql({ language, text }: Block): boolean {
  if (/^(kql|kusto|csl)/i.test(language)) return true;
  return (
    !otherLanguages.test(language) &&
    /^\s*\|\s*(where|extend|project|summarize|join|distinct|sort|count|invoke|take|limit|search)\b/m.test(
      text,
    )
  );
}

function flavourOf(heading: string): 'Sentinel' | 'Defender XDR' | undefined {
  if (/defender|advanced hunting|\bMDE\b|M365|\bXDR\b/i.test(heading)) return 'Defender XDR';
  return /sentinel|log analytics/i.test(heading) ? 'Sentinel' : undefined;
}

/** Sentinel's blocks, each with Defender's of the same place in the page, and the blocks of neither. */
function paired(blocks: readonly Block[]): { block: Block; otherwise?: Block }[] {
  const flavour = ({ headings }: Block) => headings.map(flavourOf).findLast((one) => one !== undefined);
  const sentinel = blocks.filter((block) => flavour(block) === 'Sentinel');
  const defender = blocks.filter((block) => flavour(block) === 'Defender XDR');
  if (sentinel.length === 0 || sentinel.length !== defender.length) return blocks.map((block) => ({ block }));
  return blocks.flatMap((block) => {
    if (flavour(block) === 'Defender XDR') return [];
    const otherwise = defender[sentinel.indexOf(block)];
    return [{ block, ...(otherwise && { otherwise }) }];
  });
}
