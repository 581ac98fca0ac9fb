import type { TableClient } from '@azure/data-tables';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { logAnalytics } from '../../../functions/adapters/log-analytics/log-analytics.ts';
import { tableHuntState } from '../../../functions/adapters/table/hunt-state.ts';
import { tableOutbox } from '../../../functions/adapters/table/outbox.ts';
import { tableRetention } from '../../../functions/adapters/table/retention.ts';
import { lazyTable } from '../../../functions/adapters/table/table.ts';
import type { Exclusion } from '../../../functions/domain/exclusions/exclusion.ts';
import type { LogsAnswer } from '../../../functions/domain/hunting/read-answers.ts';
import type { RunReport } from '../../../functions/domain/hunting/report.ts';
import type { Message } from '../../../functions/domain/messages/message.ts';
import { type HuntsDeps, runHunts } from '../../../functions/flows/run-hunts.ts';
import type { Logs } from '../../../functions/ports/logs.ts';
import { startTableService } from '../../environment/azurite.ts';
import { DAY, type History, HOUR, type Minute, QUIET_ROUNDS, urlOf, within } from './history.ts';
import { simulatedExclusion, simulatedHunt } from './simulated-hunt.ts';

/** One turn of the schedule at which the app ran. */
export interface Round {
  at: Minute;
  /** Absent when the process died in it. */
  report?: RunReport;
}

/** What the app did in a history. */
export interface Played {
  rounds: Round[];
  /** Everything that a channel got, in order. */
  messages: { at: Minute; message: Message }[];
}

const BEGINNING = Date.parse('2026-01-05T00:00:00Z');
export const dateOf = (minute: Minute) => new Date(BEGINNING + minute * 60_000);
export const minuteOf = (date: Date | string): Minute => (new Date(date).getTime() - BEGINNING) / 60_000;

/** How long data is kept, as the docs state it: what lies further back is a gap. */
export const RETENTION_MS = 30 * DAY * 60_000;
export const RETURN_AFTER_MS = 30 * DAY * 60_000;

/** Plays a history on the real flow: a real workspace, a real table service, and a clock of its own for all of them. */
export async function playHistory(history: History): Promise<Played> {
  let minute: Minute = 0;
  const clock = () => dateOf(minute);
  const workspace = await startWorkspace({ now: clock });
  const tables = await startTableService({ clock });
  try {
    const world = new World(history, workspace);
    const table = lazyTable(
      { kind: 'connection-string', connectionString: tables.connectionString },
      'history',
      () => Promise.reject(new Error('no identity is needed here')),
    );
    const played: Played = { rounds: [], messages: [] };
    const step = history.interval * HOUR;
    const last = history.rounds + QUIET_ROUNDS;
    for (let round = 0; round <= last; round++) {
      minute = round * step;
      await world.arriveUntil(minute);
      if (within(history.off, minute) && round <= history.rounds) continue;
      const death = history.deaths.find((one) => one.round === round);
      const result = await runHunts(
        { limits: { queriesMs: 60_000, deliveryMs: 120_000, patienceMs: 0 } },
        depsOf(history, world, mortal(table, death?.writes), minute, clock, (message) =>
          played.messages.push({ at: minute, message }),
        ),
      );
      const report = result.reports[0];
      played.rounds.push({ at: minute, ...(report && !death && { report }) });
    }
    return played;
  } finally {
    await tables.close();
    await workspace.close();
  }
}

function depsOf(
  history: History,
  world: World,
  table: () => Promise<TableClient>,
  minute: Minute,
  clock: () => Date,
  tell: (message: Message) => void,
): HuntsDeps {
  const hunt = simulatedHunt(history.shape, history.editedAt !== undefined && minute >= history.editedAt);
  const exclusions: Exclusion[] =
    history.exclusion && within([history.exclusion], minute)
      ? [simulatedExclusion(history.exclusion.url)]
      : [];
  return {
    clock,
    catalogue: () => Promise.resolve({ switchedOn: [hunt], lists: { exclusions, leftOut: [] } }),
    workspaces: [{ id: '99999999-8888-4777-8666-555555555555', name: 'simulated' }],
    portal: { workspaces: new Map() },
    policy: {
      defaultLookbackMs: history.interval * HOUR * 60_000,
      maxLookbackMs: RETENTION_MS,
      intervalMs: history.interval * HOUR * 60_000,
      returnAfterMs: RETURN_AFTER_MS,
      forgetAfterMs: 365 * DAY * 60_000,
      exclusionWarnShare: 1,
      exclusionQueriesPerDay: 100,
      alarmAfterRuns: 3,
    },
    logs: world.logs(minute),
    state: tableHuntState(table),
    outbox: tableOutbox(table),
    retention: tableRetention(table),
    post: {
      post: (message) => {
        tell(message);
        return Promise.resolve({ kind: 'answered', channels: [{ channel: 'teams', outcome: 'delivered' }] });
      },
    },
  };
}

/** The workspace of a history, with everything that goes wrong with it. */
class World {
  private readonly history: History;
  private readonly workspace: Workspace;
  private arrived: Minute = -1;

  constructor(history: History, workspace: Workspace) {
    this.history = history;
    this.workspace = workspace;
  }

  /** Takes in what the workspace has heard of by now. A device is on all the time, so that the table is never empty. */
  async arriveUntil(minute: Minute): Promise<void> {
    const news = [...this.history.events, ...heartbeats(this.arrived, minute)]
      .map((event) => ({ ...event, heard: event.at + event.delay }))
      .filter(({ heard }) => heard > this.arrived && heard <= minute)
      .map(({ device, url, at, heard }) => ({
        TimeGenerated: dateOf(at).toISOString(),
        DeviceId: device < 0 ? 'quiet' : `device-${device}`,
        DeviceName: device < 0 ? 'quiet' : `mac-${device}`,
        RemoteUrl: device < 0 ? 'example.com' : urlOf(url),
        _IngestionTime: dateOf(heard).toISOString(),
      }));
    this.arrived = minute;
    await this.workspace.append('DeviceNetworkEvents', news);
  }

  logs(minute: Minute): Logs {
    const { failing, partial, longestHours, ignoresQueryNow } = this.history;
    // A new adapter each time: the service's quota is not what is tried here.
    const real = logAnalytics({
      endpoint: this.workspace.url,
      credential: () => Promise.reject(new Error('no token is needed here')),
    });
    return {
      query: async (request) => {
        const { from, to } = request.timespan;
        const hours = (to.getTime() - from.getTime()) / 3_600_000;
        if (within(failing, minute)) return { kind: 'failed', reason: 'the service failed (HTTP 500)' };
        if (longestHours !== undefined && hours > longestHours)
          return { kind: 'failed', reason: 'the range is too long (HTTP 400)' };
        const kql = ignoresQueryNow ? request.kql.replace(/set query_now\s*=[^;]*;/, '') : request.kql;
        const answer = await real.query({ ...request, kql });
        return within(partial, minute) ? inPart(answer) : answer;
      },
    };
  }
}

/** One every hour. */
function heartbeats(after: Minute, until: Minute) {
  const first = Math.floor(after / HOUR) + 1;
  const count = Math.max(0, Math.floor(until / HOUR) - first + 1);
  return Array.from({ length: count }, (_, index) => ({
    device: -1,
    url: 0,
    at: (first + index) * HOUR,
    delay: 0,
  }));
}

function inPart(answer: LogsAnswer): LogsAnswer {
  if (answer.kind !== 'complete') return answer;
  const { columns, rows } = answer.table;
  return {
    kind: 'partial',
    table: { columns, rows: rows.slice(0, rows.length >> 1) },
    reason: 'a shard was away',
  };
}

/** A table whose process dies after so many writes: from then on nothing reaches it. */
function mortal(table: () => Promise<TableClient>, writes: number | undefined): () => Promise<TableClient> {
  if (writes === undefined) return table;
  let left = writes;
  const deadly = new Set<string | symbol>([
    'createEntity',
    'updateEntity',
    'upsertEntity',
    'deleteEntity',
    'submitTransaction',
  ]);
  return async () =>
    new Proxy(await table(), {
      get(client, name) {
        const value: unknown = Reflect.get(client, name, client);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (left > 0 && deadly.has(name)) left--;
          else if (left <= 0) return dead(name);
          return value.apply(client, args);
        };
      },
    });
}

function dead(method: string | symbol): Promise<never> {
  const error = new Error('the process is dead');
  // It answers an iterator, not a promise.
  if (method === 'listEntities') throw error;
  return Promise.reject(error);
}
