import { styleText } from 'node:util';
import { showText } from '../../functions/domain/messages/show-text.ts';
import type {
  DeviceExplanation,
  ExplainedThing,
  ScopeExplanation,
} from '../../functions/flows/explain-device.ts';
import type { PrintOptions } from './terminal.ts';

type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;
type ExplainedFinding = ExplainedThing['findings'][number];

/** Whatever comes from data stands on one line without anything invisible in it: no escape sequence of a device's name reaches the terminal. */
export function printExplanation(
  { device, scopes }: DeviceExplanation,
  { colour = false }: PrintOptions = {},
): string {
  const paint: Paint = (format, text) => (colour ? styleText(format, text, { validateStream: false }) : text);
  if (scopes.length === 0) return 'Nothing is remembered: no hunt ever ran here.';
  return scopes
    .flatMap((scope) => [
      paint('bold', `${shown(scope.hunt)}, workspace ${shown(scope.workspaceId)}`),
      ...scopeLines(scope, shown(device), paint),
      '',
    ])
    .join('\n')
    .trimEnd();
}

function scopeLines(scope: ScopeExplanation, device: string, paint: Paint): string[] {
  const { baselineAt, searchedUntil, runs, things } = scope;
  const searched =
    searchedUntil === null ? 'no run was complete yet' : `all is searched up to ${minute(searchedUntil)}`;
  const since = baselineAt === null ? '' : `, since the first run of ${minute(baselineAt)}`;
  const seen =
    things.length === 0
      ? [paint('yellow', `  ${device} was never sighted${since}; ${searched}.`)]
      : [`  ${searched}${since}`, ...things.flatMap((thing) => thingLines(thing, paint))];
  return [
    ...seen,
    ...(runs.length > 0 ? ['  last runs'] : []),
    ...runs.map(
      (run) => `    ${minute(run.startedAt)}  ${run.outcome.padEnd(10)}  ${sightings[run.sighted]}`,
    ),
  ];
}

const sightings = {
  yes: 'sighted',
  no: 'not sighted',
  perhaps: 'perhaps sighted: the last time is remembered to a day',
};

function thingLines(thing: ExplainedThing, paint: Paint): string[] {
  const { device, identity, firstSeen, lastSeen, status, hiddenBy, knownSince, findings } = thing;
  const certain = hiddenBy.every((one) => one.certain);
  const by = hiddenBy.map(({ exclusion }) => shown(exclusion)).join(certain ? ' and ' : ' or ');
  const hidden =
    hiddenBy.length === 0
      ? 'hidden by several exclusions together'
      : `hidden by ${by}${certain ? '' : ' (which one is found out once a day)'}`;
  const known = knownSince === null ? 'never shown yet' : `known since ${minute(knownSince)}`;
  return [
    `  ${shown(device.name ?? device.id ?? '(no device)')}  ${shown(identity)}`,
    `    sighted ${minute(firstSeen)} to ${minute(lastSeen)}; ${known}`,
    ...(status === 'hidden' ? [paint('yellow', `    ${hidden}`)] : []),
    ...(findings.length === 0 ? ['    no finding'] : findings.flatMap(findingLines)),
  ];
}

function findingLines({ kind, message, notifiedAt }: ExplainedFinding): string[] {
  const state = {
    delivered: notifiedAt === null ? 'delivered' : `delivered ${minute(notifiedAt)}`,
    waiting: message.attempts === 0 ? 'waits to be sent' : `waits after ${message.attempts} tries`,
    'given-up': `given up after ${message.attempts} tries`,
  }[message.state];
  const reason = message.reason === undefined ? '' : `: ${shown(message.reason)}`;
  return [
    `    finding ${shown(kind)}, message ${shown(message.id)}: ${state}${reason}`,
    ...message.deliveries.map(
      ({ channel, at }) =>
        `      ${shown(channel)}: ${at === null ? 'being sent' : `delivered ${minute(at)}`}`,
    ),
  ];
}

const shown = (text: string) => showText(text, 200);
const minute = (iso: string) => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
