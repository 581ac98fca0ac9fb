import { Cron } from 'croner';
import type { FunctionMetadata, TypedData } from './rpc.ts';
import type { Worker } from './start-worker.ts';

export interface TimerFunction {
  name: string;
  /** NCRONTAB with six fields, settings filled in; UTC. */
  schedule: string;
  next(): Date | null;
  run(options?: { isPastDue?: boolean }): Promise<unknown>;
  stop(): void;
}

/**
 * Schedules the timer functions as the Functions host does: six-field NCRONTAB in UTC, `%NAME%` taken from the settings, never two runs
 * at once. Unlike the host it keeps no schedule on disk, so it makes up for no run that was missed while it was not there.
 */
export function scheduleTimers({
  functions,
  settings,
  worker,
  onError,
}: {
  functions: FunctionMetadata[];
  settings: Record<string, string>;
  worker: Worker;
  onError: (functionName: string, error: unknown) => void;
}): TimerFunction[] {
  return functions.flatMap(({ name, bindings }) => {
    const trigger = Object.values(bindings).find(({ type }) => type === 'timerTrigger');
    if (!trigger) return [];
    const schedule = resolveSettings(trigger.schedule ?? '', settings, name);
    let last: Date | undefined;
    const run = async ({ isPastDue = false } = {}) => {
      const status = { Last: last ?? new Date(0), LastUpdated: last ?? new Date(0), Next: job.nextRun() };
      last = new Date();
      const { returnValue } = await worker.invoke(name, {
        json: JSON.stringify({
          Schedule: { AdjustForDST: true },
          ScheduleStatus: trigger.useMonitor === false ? null : status,
          IsPastDue: isPastDue,
        }),
      });
      return fromTypedData(returnValue);
    };
    const job = new Cron(
      schedule,
      {
        timezone: 'UTC',
        mode: '6-part',
        domAndDow: true,
        sloppyRanges: true,
        protect: true,
        catch: (error) => onError(name, error),
      },
      async () => void (await run()),
    );
    return [{ name, schedule, next: () => job.nextRun(), run, stop: () => job.stop() }];
  });
}

function resolveSettings(schedule: string, settings: Record<string, string>, functionName: string): string {
  return schedule.replaceAll(/%([^%]+)%/g, (_, name: string) => {
    const value = settings[name];
    if (!value) throw new Error(`The schedule of ${functionName} needs the setting ${name}.`);
    return value;
  });
}

function fromTypedData(data: TypedData | null | undefined): unknown {
  if (typeof data?.json === 'string') return JSON.parse(data.json);
  return data?.string ?? data?.int ?? data?.double ?? undefined;
}
