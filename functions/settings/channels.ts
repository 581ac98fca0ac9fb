import { z } from 'zod';
import { ConfigError } from '../domain/config-error.ts';
import type { Hunt } from '../domain/hunting/hunt.ts';
import { type Route, routeSchema, unknownHunts } from '../domain/messages/route.ts';
import { isUnresolved, safeUrl, secrets, UNRESOLVED } from './setting-schemas.ts';

/** Where messages go, from settings alone. Every URL and secret in it is to be kept out of logs, reports and errors. */
export type ChannelConfig = { name: string; when?: Route } & (
  | { kind: 'teams'; url: string; card: TeamsCardForm }
  | { kind: 'slack'; url: string }
  | { kind: 'webhook'; url: string; secrets: string[] }
  /** Its address or secret is in Key Vault, and Azure has not read it yet: what this channel is to get waits. */
  | { kind: 'unresolved'; setting: string }
);

/** `message`: the card as an attachment, as Workflows' own templates take it. `bare`: the card alone, for flows that post what they are given. */
export const teamsCardForms = ['message', 'bare'] as const;
export type TeamsCardForm = (typeof teamsCardForms)[number];

/** Not the value itself: that would be told in an error. */
const settingName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of a setting, not its value');

const entry = {
  /** Delivery is recorded under it: it becomes a key in the table. */
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
      'must be letters, digits, hyphens and underscores, 63 at most',
    ),
  /** The name of the setting that holds the URL, so that the secret is a setting (and in Key Vault) by itself. */
  urlSetting: settingName,
  when: routeSchema.optional(),
};
const channelList = z.array(
  z.discriminatedUnion(
    'kind',
    [
      z.strictObject({ ...entry, kind: z.literal('teams'), card: z.enum(teamsCardForms).default('message') }),
      z.strictObject({ ...entry, kind: z.literal('slack') }),
      z.strictObject({ ...entry, kind: z.literal('webhook'), secretSetting: settingName }),
    ],
    'must be teams, slack or webhook',
  ),
);

type Unresolved = typeof UNRESOLVED;

/** The settings of the simple way, one channel of each kind; empty ones left out. */
export interface SingleChannels {
  TEAMS_WEBHOOK_URL?: string | Unresolved | undefined;
  TEAMS_CARD: TeamsCardForm;
  SLACK_WEBHOOK_URL?: string | Unresolved | undefined;
  WEBHOOK_URL?: string | Unresolved | undefined;
  WEBHOOK_SECRET?: string[] | Unresolved | undefined;
}

/** One channel for each of the single settings that is set, named after its kind. */
export function singleChannels(value: SingleChannels): ChannelConfig[] {
  const { TEAMS_WEBHOOK_URL, TEAMS_CARD, SLACK_WEBHOOK_URL, WEBHOOK_URL, WEBHOOK_SECRET = [] } = value;
  const channels: ChannelConfig[] = [];
  if (TEAMS_WEBHOOK_URL === UNRESOLVED) channels.push(waitsFor('teams', 'TEAMS_WEBHOOK_URL'));
  else if (TEAMS_WEBHOOK_URL)
    channels.push({ kind: 'teams', name: 'teams', url: TEAMS_WEBHOOK_URL, card: TEAMS_CARD });

  if (SLACK_WEBHOOK_URL === UNRESOLVED) channels.push(waitsFor('slack', 'SLACK_WEBHOOK_URL'));
  else if (SLACK_WEBHOOK_URL) channels.push({ kind: 'slack', name: 'slack', url: SLACK_WEBHOOK_URL });

  if (WEBHOOK_URL === UNRESOLVED) channels.push(waitsFor('webhook', 'WEBHOOK_URL'));
  else if (WEBHOOK_URL)
    channels.push(
      WEBHOOK_SECRET === UNRESOLVED
        ? waitsFor('webhook', 'WEBHOOK_SECRET')
        : { kind: 'webhook', name: 'webhook', url: WEBHOOK_URL, secrets: WEBHOOK_SECRET },
    );
  return channels;
}

function waitsFor(name: string, setting: string): ChannelConfig {
  return { kind: 'unresolved', name, setting };
}

/**
 * The channels of `CHANNELS`, a JSON list, with what their settings hold. `problems` name entry and field, never a value.
 * `taken`: names that other channels have.
 */
export function readChannels(
  text: string,
  env: Record<string, string | undefined>,
  taken: readonly string[],
): { channels: ChannelConfig[]; problems: string[] } {
  if (isUnresolved(text)) return { channels: [waitsFor('CHANNELS', 'CHANNELS')], problems: [] };
  const parsed = channelList.safeParse(parseJson(text));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `CHANNELS${z.core.toDotPath(path)}: ${message}`,
    );
    return { channels: [], problems };
  }
  const problems: string[] = [];
  const names = new Set(taken.map((name) => name.toLowerCase()));
  const channels = parsed.data.map(({ urlSetting, ...channel }, index): ChannelConfig => {
    const where = `CHANNELS[${index}]`;
    const read = <T>(setting: string, schema: z.ZodType<T>): T | undefined => {
      const value = schema.safeParse(env[setting]?.trim() || undefined);
      if (!value.success) {
        const reason = env[setting]?.trim() ? value.error.issues[0]?.message : 'is not set';
        problems.push(`${setting}: ${reason} (of ${where}, ${channel.name})`);
      }
      return value.data;
    };
    if (names.has(channel.name.toLowerCase()))
      problems.push(`${where}.name: there is another channel ${channel.name}`);
    names.add(channel.name.toLowerCase());
    const named = { name: channel.name, ...(channel.when && { when: channel.when }) };
    const secretSettings = channel.kind === 'webhook' ? [channel.secretSetting] : [];
    const awaited = [urlSetting, ...secretSettings].find((setting) => isUnresolved(env[setting]));
    if (awaited !== undefined) return { ...named, kind: 'unresolved', setting: awaited };
    const common = { ...named, url: read(urlSetting, safeUrl) ?? '' };
    if (channel.kind === 'teams') return { ...common, kind: 'teams', card: channel.card };
    if (channel.kind === 'slack') return { ...common, kind: 'slack' };
    return { ...common, kind: 'webhook', secrets: read(channel.secretSetting, secrets) ?? [] };
  });
  return { channels, problems };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A channel for a hunt that is not there would get nothing, and nobody would notice. */
export function checkRoutes(channels: readonly ChannelConfig[], hunts: readonly Hunt[]): void {
  const problems = channels.flatMap(({ name, when }) =>
    unknownHunts(when, hunts).map((hunt) => `CHANNELS: ${name} is for a hunt that is not there: ${hunt}`),
  );
  if (problems.length > 0) throw new ConfigError(problems);
}
