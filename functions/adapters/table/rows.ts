import { z } from 'zod';
import type { LedgerEntry } from '../../domain/exclusions/ledger.ts';
import { asciiJson } from '../../domain/hunting/bound-finding.ts';
import { entityName } from '../../domain/hunting/entities.ts';
import type { Seen } from '../../domain/hunting/run-facts.ts';
import { hash } from '../../domain/hunting/sighting.ts';
import { type Message, messageSchema } from '../../domain/messages/message.ts';
import type { Scope } from '../../ports/hunt-state.ts';

/** The partition of a hunt on a workspace. Readable where ids are the GUIDs they should be; else a hash, since keys may not hold `/ \ # ?`. */
export function partitionOf({ hunt, workspace }: Scope): string {
  const readable = `${hunt.id}_${workspace.id}`;
  return /^[A-Za-z0-9_-]{1,200}$/.test(readable) ? readable : hash('scope', hunt.id, workspace.id);
}

/** The partition that lists every scope that ever ran, so that its messages are delivered even when the hunt is gone. */
export const SCOPES = 'scopes';

/** The partition of messages that belong to no hunt. */
export const NOTICES = 'notices';

/** The partition of the app's own exclusions, of their changes, and of what is still to be told of those. */
export const EXCLUSIONS = 'exclusions';

/** Of an entity's value, whatever its kind. */
export function entityKeyOf(value: string): string {
  return hash('entity', entityName(value));
}

export const rowKeys = {
  state: 'state',
  seen: (seen: Pick<Seen, 'key' | 'deviceKey'>) => `seen|${seen.deviceKey ?? ''}|${seen.key}`,
  /** What an entity is found by, then the identity's row without its `seen|`. */
  entity: (name: string, seen: Pick<Seen, 'key' | 'deviceKey'>) =>
    `entity|${entityKeyOf(name)}|${seen.deviceKey ?? ''}|${seen.key}`,
  list: (name: string) => `list|${name}`,
  ledger: (exclusion: string) => `ledger|${exclusion}`,
  finding: (messageId: string, findingId: string) => `finding|${messageId}|${findingId}`,
  outbox: (messageId: string) => `outbox|${messageId}`,
  dead: (messageId: string) => `dead|${messageId}`,
  /** A message that somebody took out of the dead letters for good. */
  discarded: (messageId: string) => `discarded|${messageId}`,
  /** A change that nobody was told of yet; `unique` tells it from others of the same moment. */
  untold: (at: Date, unique: string) => `untold|${at.toISOString()}|${unique}`,
  /** Stays after the message is gone, so that it is not added twice. */
  added: (messageId: string) => `added|${messageId}`,
  run: (runId: string) => `run|${runId}`,
};

const ledgerRow = z.object({
  rowKey: z.string(),
  Predicate: z.string().optional(),
  Since: z.date(),
  ReckonedAt: z.date(),
  Hidden: z.number(),
  Devices: z.number(),
  Sightings: z.number(),
  Hidden7: z.number(),
  Hidden30: z.number(),
  Devices30: z.number(),
  LastHit: z.date().optional(),
});

export function toLedgerRow(entry: LedgerEntry): Record<string, unknown> {
  return {
    ...(entry.predicate !== undefined && { Predicate: entry.predicate }),
    Since: entry.since,
    ReckonedAt: entry.reckonedAt,
    Hidden: entry.hidden,
    Devices: entry.devices,
    Sightings: entry.sightings,
    Hidden7: entry.hidden7,
    Hidden30: entry.hidden30,
    Devices30: entry.devices30,
    ...(entry.lastHit && { LastHit: entry.lastHit }),
  };
}

export function fromLedgerRow(row: unknown): LedgerEntry {
  const parsed = ledgerRow.parse(row);
  return {
    exclusion: parsed.rowKey.slice(rowKeys.ledger('').length),
    ...(parsed.Predicate !== undefined && { predicate: parsed.Predicate }),
    since: parsed.Since,
    reckonedAt: parsed.ReckonedAt,
    hidden: parsed.Hidden,
    devices: parsed.Devices,
    sightings: parsed.Sightings,
    hidden7: parsed.Hidden7,
    hidden30: parsed.Hidden30,
    devices30: parsed.Devices30,
    ...(parsed.LastHit && { lastHit: parsed.LastHit }),
  };
}

/** A message that waits, due at once. */
export function toOutboxRow(message: Message): { rowKey: string } & Record<string, unknown> {
  const createdAt = new Date(message.createdAt);
  return {
    rowKey: rowKeys.outbox(message.id),
    Attempts: 0,
    CreatedAt: createdAt,
    NextAttemptAt: createdAt,
    ...packJson('Message', message),
  };
}

const outboxRow = z.object({
  partitionKey: z.string(),
  etag: z.string(),
  Attempts: z.number(),
  NextAttemptAt: z.date(),
  CreatedAt: z.date(),
  /** When it was last written, by the storage's clock. */
  timestamp: z.coerce.date().optional(),
});

/** No receiver may ask for more; what an instance with a clock far ahead wrote must not wait until then. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/** Undefined when it is not one that this version understands. */
export function fromOutboxRow(row: Record<string, unknown>) {
  const known = outboxRow.safeParse(row).data;
  const message = readMessage(row);
  if (!known || !message) return undefined;
  const { partitionKey, etag, Attempts, NextAttemptAt, CreatedAt, timestamp } = known;
  const latest = timestamp ? timestamp.getTime() + LONGEST_WAIT_MS : Number.POSITIVE_INFINITY;
  return {
    message,
    attempts: Attempts,
    nextAttemptAt: new Date(Math.min(NextAttemptAt.getTime(), latest)),
    createdAt: CreatedAt,
    handle: { partition: partitionKey, etag },
  };
}

/** The message of an outbox or dead-letter row; undefined when it is not one that this version understands. */
export function readMessage(row: Record<string, unknown>): Message | undefined {
  try {
    return messageSchema.safeParse(unpackJson(row, 'Message')).data;
  } catch {
    return undefined;
  }
}

/** A string property holds 32 K characters. */
const CHARACTERS_PER_PROPERTY = 32_000;

/** JSON of any size up to an entity's, over as many properties as it needs: `Message0`, `Message1`, … */
export function packJson(name: string, value: unknown): Record<string, string> {
  const json = asciiJson(value);
  const packed: Record<string, string> = {};
  for (let start = 0; start < json.length; start += CHARACTERS_PER_PROPERTY) {
    packed[`${name}${start / CHARACTERS_PER_PROPERTY}`] = json.slice(start, start + CHARACTERS_PER_PROPERTY);
  }
  return packed;
}

export function unpackJson(row: Record<string, unknown>, name: string): unknown {
  let json = '';
  for (let index = 0; typeof row[`${name}${index}`] === 'string'; index++) json += row[`${name}${index}`];
  return JSON.parse(json);
}

/** Text for people in a row: cut, and without the halves of characters that a cut or an attacker can leave. */
export function storable(text: string): string {
  return text.slice(0, 1_000).toWellFormed();
}
