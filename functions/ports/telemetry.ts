import type { Invocation, TelemetryRecords } from '../domain/to-telemetry.ts';

/** Where runs tell how they went, for dashboards and alerts. */
export interface Telemetry {
  /**
   * Never throws and never holds a run up for long: what could not be sent in time is given up. Gives what went wrong, in a sentence fit for a log;
   * undefined when all arrived.
   */
  send(records: TelemetryRecords, invocation: Invocation): Promise<string | undefined>;
}
