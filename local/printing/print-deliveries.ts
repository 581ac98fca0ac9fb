import type { DeliveryReport, OutboxReport, RunReport } from '../../functions/domain/hunting/report.ts';
import { showText } from '../../functions/domain/messages/show-text.ts';
import { number, type Paint, shown } from './written-values.ts';

/** Where a run's findings went. */
export function deliveriesOf(
  { runId, findings, dryRun }: RunReport,
  outbox: OutboxReport | undefined,
  paint: Paint,
): string[] {
  if (dryRun || findings.length === 0) return [];
  // A message's id begins with its run's.
  const own = outbox?.deliveries.filter(({ messageId }) => messageId.startsWith(`${runId}.`)) ?? [];
  if (own.length === 0) return ['', paint('yellow', '  delivered   not yet')];
  const channels = [...new Set(own.map(({ channel }) => channel))];
  return ['', ...channels.map((channel, i) => deliveryLine(channel, own, i === 0, paint))];
}

/** One line for a channel: of a message tried more than once, the last outcome counts. */
function deliveryLine(channel: string, deliveries: DeliveryReport[], first: boolean, paint: Paint): string {
  const last = new Map(
    deliveries.filter((one) => one.channel === channel).map((one) => [one.messageId, one]),
  );
  const outcomes = [...last.values()].filter(({ outcome }) => outcome !== 'not-needed');
  const bad = outcomes.find(({ outcome }) => outcome !== 'delivered' && outcome !== 'already-delivered');
  const messages = `${number(outcomes.length)} message${outcomes.length === 1 ? '' : 's'}`;
  const text = bad
    ? paint('yellow', `${bad.outcome}${bad.reason ? `: ${showText(bad.reason, 200)}` : ''}`)
    : paint('green', `delivered, ${messages}`);
  return `  ${(first ? 'delivered' : '').padEnd(12)}${shown(channel)}: ${text}`;
}

/** What the runs above do not say themselves: messages of earlier runs, and what waits or was given up. */
export function outboxLines(reports: RunReport[], outbox: OutboxReport | undefined, paint: Paint): string[] {
  if (!outbox) return [];
  const earlier = outbox.deliveries.filter(
    ({ messageId, outcome }) =>
      outcome === 'delivered' && !reports.some(({ runId }) => messageId.startsWith(`${runId}.`)),
  );
  const { waiting, deadLettered } = outbox;
  const lines = [
    ...earlier.map(
      ({ messageId, channel }) => `Of an earlier run: ${shown(messageId)} delivered to ${shown(channel)}`,
    ),
    ...outbox.problems.map((problem) => paint('yellow', `! ${showText(problem, 400)}`)),
    ...(waiting ? [paint('yellow', `Waiting for a later run: ${number(waiting)}`)] : []),
    ...(deadLettered ? [paint('red', `Given up, in the dead letters: ${number(deadLettered)}`)] : []),
  ];
  return lines.length > 0 ? [...lines, ''] : [];
}
