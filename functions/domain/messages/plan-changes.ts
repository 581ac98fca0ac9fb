import { hash } from '../hunting/sighting.ts';
import type { Change, ChangesMessage } from './kinds/changes-message.ts';

/** So long nothing more must happen before changes are told: several within minutes are one message. */
const QUIET_MS = 2 * 60_000;
/** Changes that go on and on are told after so long nevertheless. */
const LATEST_MS = 10 * 60_000;

/** A card names each of so many, whatever their texts: nobody buries a change under others. */
export const MAX_CHANGES_PER_MESSAGE = 8;
/** Of one call; the next ones tell the rest. */
const MAX_CHANGES_AT_ONCE = 200;

/** Pure: which of the changes that nobody was told of are to be told now, the oldest first; none while more may follow. */
export function dueChanges<T extends { change: Change }>(untold: readonly T[], now: Date): T[] {
  const times = untold.map(({ change }) => Date.parse(change.at));
  const [latest, earliest] = times.reduce(
    ([last, first], time) => [Math.max(last, time), Math.min(first, time)],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  );
  const settled = now.getTime() - latest >= QUIET_MS || now.getTime() - earliest >= LATEST_MS;
  return settled
    ? untold
        .toSorted((one, other) => Date.parse(one.change.at) - Date.parse(other.change.at))
        .slice(0, MAX_CHANGES_AT_ONCE)
    : [];
}

/** Pure: those of one message after those of the other. */
export function inMessages<T>(due: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(due.length / MAX_CHANGES_PER_MESSAGE) }, (_, index) =>
    due.slice(index * MAX_CHANGES_PER_MESSAGE, (index + 1) * MAX_CHANGES_PER_MESSAGE),
  );
}

/** Pure: one message. `keys` tell its changes from all others. */
export function planChanges(changes: Change[], keys: readonly string[], now: Date): ChangesMessage {
  return {
    id: `changes.${hash('changes', ...keys).slice(0, 32)}`,
    kind: 'changes',
    createdAt: now.toISOString(),
    changes,
  };
}
