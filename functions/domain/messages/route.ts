import { z } from 'zod';
import { answersTo, type Hunt } from '../hunting/hunt.ts';
import { type Message, messageKinds } from './message.ts';

const names = z.array(z.string().trim().min(1)).min(1);

/**
 * What a channel wants; of each condition one value has to fit, and all conditions have to. The weekly summary and changes are of all hunts together:
 * conditions on hunts and tactics do not hold them back.
 */
export const routeSchema = z.strictObject({
  /** Ids, names or file names. */
  hunts: names.optional(),
  kinds: z.array(z.enum(messageKinds)).min(1).optional(),
  /** `CommandAndControl` or `Command and Control`. */
  tactics: names.optional(),
});
export type Route = z.infer<typeof routeSchema>;

export function wants(route: Route | undefined, message: Message): boolean {
  const { hunts, kinds, tactics } = route ?? {};
  if (kinds && !kinds.includes(message.kind)) return false;
  if (!('hunt' in message)) return true;
  const { hunt } = message;
  if (hunts && !hunts.some((name) => answersTo({ ...hunt, file: hunt.file ?? '' }, name))) return false;
  return !tactics || tactics.some((wanted) => hunt.tactics.some((tactic) => plain(tactic) === plain(wanted)));
}

/** Names of hunts that no hunt answers to: what is meant for them would reach nobody. */
export function unknownHunts(route: Route | undefined, hunts: readonly Hunt[]): string[] {
  return (route?.hunts ?? []).filter((name) => !hunts.some((hunt) => answersTo(hunt, name)));
}

function plain(tactic: string): string {
  return tactic.toLowerCase().replace(/[^a-z]/g, '');
}
