import { hash } from '../hunting/sighting.ts';
import { type Change, type ChangesMessage, MAX_CHANGES_PER_MESSAGE } from './kinds/changes-message.ts';

/** So long nothing more must happen before changes are told: several within minutes are one message. */
const QUIET_MS = 2 * 60_000;
/** Changes that go on and on are told after so long nevertheless. */
const LATEST_MS = 10 * 60_000;

/** Pure: which of the changes that nobody was told of are to be told now, the oldest first; none while more may follow. */
export function dueChanges<T extends { change: Change }>(untold: readonly T[], now: Date): T[] {
  const times = untold.map(({ change }) => Date.parse(change.at));
  const settled =
    now.getTime() - Math.max(...times) >= QUIET_MS || now.getTime() - Math.min(...times) >= LATEST_MS;
  return settled
    ? untold
        .toSorted((one, other) => Date.parse(one.change.at) - Date.parse(other.change.at))
        .slice(0, MAX_CHANGES_PER_MESSAGE)
    : [];
}

/** Pure: one message of at most `MAX_CHANGES_PER_MESSAGE` changes. `keys` tell them from all others. */
export function planChanges(changes: Change[], keys: readonly string[], now: Date): ChangesMessage {
  return {
    id: `changes.${hash('changes', ...keys).slice(0, 32)}`,
    kind: 'changes',
    createdAt: now.toISOString(),
    changes,
  };
}
