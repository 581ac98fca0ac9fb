import { describeChanges } from './describe-changes.ts';
import { describeFindings } from './describe-findings.ts';
import { describeGaps } from './describe-gaps.ts';
import { describeHealth } from './describe-health.ts';
import { describeMuchHidden } from './describe-much-hidden.ts';
import { describeWeekly } from './describe-weekly.ts';
import type { DescribedMessage } from './described-message.ts';
import type { Message } from './message.ts';

export function describeMessage(message: Message): DescribedMessage {
  switch (message.kind) {
    case 'not-completed':
    case 'well-again':
      return describeHealth(message);
    case 'gap':
      return describeGaps(message);
    case 'changes':
      return describeChanges(message);
    case 'much-hidden':
      return describeMuchHidden(message);
    case 'weekly':
      return describeWeekly(message);
    default:
      return describeFindings(message);
  }
}
