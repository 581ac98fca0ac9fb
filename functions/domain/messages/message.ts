import { z } from 'zod';
import { changesMessageSchema } from './kinds/changes-message.ts';
import { findingsMessageSchema } from './kinds/findings-message.ts';
import { gapMessageSchema } from './kinds/gap-message.ts';
import { healthMessageSchema } from './kinds/health-message.ts';
import { muchHiddenMessageSchema } from './kinds/much-hidden-message.ts';
import { weeklyMessageSchema } from './kinds/weekly-message.ts';

/** What is sent once to each channel: the body that the webhook function accepts. */
export const messageSchema = z.discriminatedUnion('kind', [
  findingsMessageSchema,
  healthMessageSchema,
  gapMessageSchema,
  muchHiddenMessageSchema,
  weeklyMessageSchema,
  changesMessageSchema,
]);
export type Message = z.infer<typeof messageSchema>;

/** Every kind of message, for those who route them. */
export const messageKinds = [
  'findings',
  'baseline',
  'unhidden',
  'not-completed',
  'well-again',
  'gap',
  'much-hidden',
  'weekly',
  'changes',
] as const satisfies readonly Message['kind'][];
