import { styleText } from 'node:util';
import { fieldName } from '../../functions/domain/field-problems.ts';
import { showText } from '../../functions/domain/messages/show-text.ts';
import type {
  ExclusionPreview,
  HiddenSighting,
  PreviewOutcome,
} from '../../functions/flows/preview-exclusion.ts';
import type { Changed, Comparison } from '../exclusions/compare-exclusions.ts';
import type { PrintOptions } from './terminal.ts';
import { number } from './written-values.ts';

/** For a person at a terminal. Devices and URLs are an attacker's words: nothing of them reaches it but printable text on one line. */
type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;
const painter =
  ({ colour = false }: PrintOptions): Paint =>
  (format, text) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
const shown = (text: string) => showText(text, 160);
const minute = (iso: string) => iso.slice(0, 16).replace('T', ' ');
const MAX_SHOWN = 20;

export function printPreviews(outcomes: readonly PreviewOutcome[], options: PrintOptions = {}): string {
  const paint = painter(options);
  return outcomes.flatMap((outcome) => outcomeLines(outcome, paint)).join('\n');
}

function outcomeLines(outcome: PreviewOutcome, paint: Paint): string[] {
  switch (outcome.kind) {
    case 'unknown':
      return [paint('red', 'There is no exclusion with this id, and no such file.')];
    case 'invalid':
      return outcome.problems.map(({ path, message }) =>
        paint('red', `${fieldName(path) || '(entry)'}: ${shown(message)}`),
      );
    case 'preview': {
      const { effect, id, previews } = outcome;
      return [
        paint('bold', shown(id)),
        ...effect.idle.map((text) => paint('yellow', `  ! ${shown(text)}`)),
        ...(previews.length === 0 ? [paint('yellow', '  ! It acts on no hunt.')] : []),
        ...previews.flatMap((preview) => previewLines(preview, paint)),
      ];
    }
  }
}

function previewLines(preview: ExclusionPreview, paint: Paint): string[] {
  const {
    hunt,
    window,
    problems,
    sightings,
    hidesInAll,
    devices,
    share,
    newlyHidden,
    stillShown,
    told,
    together,
  } = preview;
  const percent = percentOf(share);
  const percentTogether = percentOf(together.share);
  return [
    '',
    `  ${shown(hunt.name)}, ${minute(window.from)} to ${minute(window.to)} UTC`,
    ...problems.map((problem) => paint('yellow', `  ! ${shown(problem)}`)),
    `  hides      ${number(hidesInAll)} of ${number(sightings)} sightings (${preview.broad ? paint('red', `${percent}: is it too broad?`) : percent}), on ${number(devices)} devices`,
    `  newly      ${number(newlyHidden)}; the others are hidden already`,
    `  together   ${number(together.hidden)} with all others (${together.tells ? paint('red', `${percentTogether}: the next run tells the channels`) : percentTogether})`,
    `  in part    ${number(stillShown)} that other rows still show`,
    `  told       ${number(told)} of what it hides were told as findings`,
    ...preview.hides.slice(0, MAX_SHOWN).map(hiddenLine),
    ...(hidesInAll > MAX_SHOWN ? [`    and ${number(hidesInAll - MAX_SHOWN)} more`] : []),
  ];
}

function percentOf(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

function hiddenLine({ device, identity, lastSeen, toldAt, newlyHidden }: HiddenSighting): string {
  const what = Object.values(identity).filter((value) => value !== '' && value !== device?.id);
  const remarks = [
    ...(newlyHidden ? [] : ['hidden already']),
    ...(toldAt === undefined ? [] : [`told ${minute(toldAt)}`]),
  ];
  const name = device?.name ?? device?.id ?? '(no device)';
  return `    ${shown(name)}  ${shown(what.join(' · '))}  last ${minute(lastSeen)}${remarks.length > 0 ? `  (${remarks.join(', ')})` : ''}`;
}

export function printComparison(comparison: Comparison, options: PrintOptions = {}): string {
  const paint = painter(options);
  const { base, added, removed, changed, hidden, shown: shownNow, lost, broad, problems, cases } = comparison;
  const ids = (label: string, list: string[]) =>
    list.length > 0 ? [`  ${label.padEnd(9)}${list.map(shown).join(', ')}`] : [];
  const list = (label: string, changes: Changed[]) => [
    `  ${label}: ${number(changes.length)}`,
    ...changes.map(
      (one) =>
        `    ${shown(one.hunt)}, ${shown(one.case)}: ${shown(JSON.stringify(one.identity))} (${one.by.join(', ') || 'several together'})`,
    ),
  ];
  return [
    `exclusions/ against ${shown(base)}, on ${number(cases)} test cases of the hunts`,
    ...ids('added', added),
    ...ids('removed', removed),
    ...ids('changed', changed),
    ...problems.map((problem) => paint('red', `  ! ${shown(problem)}`)),
    ...broad.map((one) =>
      paint(
        'yellow',
        `  ! ${shown(one.hunt)}: exclusions together hide ${number(one.hidden)} of ${number(one.sightings)} sightings of its test cases, ${number(one.before)} before`,
      ),
    ),
    ...list('hidden now, shown before', hidden),
    ...list('shown now, hidden before', shownNow),
    lost.length > 0
      ? paint('red', `${number(lost.length)} true positives would disappear:`)
      : paint('green', 'No true positive disappears.'),
    ...(lost.length > 0 ? list('lost', lost).slice(1) : []),
  ].join('\n');
}
