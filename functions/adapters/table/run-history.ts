import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { findingKinds, findingSchema } from '../../domain/hunting/finding.ts';
import { keptReportSchema } from '../../domain/hunting/report.ts';
import { runTime } from '../../domain/hunting/run-id.ts';
import type { KeptFinding, RunHistory } from '../../ports/run-history.ts';
import { findPlace } from './find-place.ts';
import { tableHuntState } from './hunt-state.ts';
import { inEveryScope } from './in-every-scope.ts';
import { rowKeys, unpackJson } from './rows.ts';
import { readRow, rowsBetween } from './table.ts';

/** Reads the runs and findings that hunts left beside their memory; their keys sort by the time of the run. */
export function tableRunHistory(table: () => Promise<TableClient>): RunHistory {
  const state = tableHuntState(table);
  return {
    async since(scope, from) {
      const client = await table();
      const { partition } = await findPlace(client, scope);
      const [{ progress }, reports, findings] = await Promise.all([
        state.peek(scope),
        reportsSince(client, partition, from),
        findingsSince(client, partition, from),
      ]);
      const runs = reports.map(({ outcome, counts }) => ({ outcome, hidden: counts.hidden }));
      return { progress, runs, findings };
    },

    async recent(from, most) {
      const client = await table();
      const reports = await inEveryScope(client, ({ partition }) => reportsSince(client, partition, from));
      return reports
        .flat()
        .sort((one, other) => other.runId.localeCompare(one.runId))
        .slice(0, most);
    },

    async run(runId, { after, most }) {
      const client = await table();
      const found = await inEveryScope(client, async ({ partition }) => ({
        report: await readReport(client, partition, runId),
        ...(await readFindings(client, partition, runId, after, most)),
      }));
      return found.find(({ report, findings }) => report !== undefined || findings.length > 0);
    },
  };
}

/** Of one hunt on one workspace, the earliest first. */
export async function reportsSince(client: TableClient, partition: string, from: Date) {
  const reports = [];
  const range = [rowKeys.run(runTime(from)), rowKeys.run('~')] as const;
  for await (const row of rowsBetween(client, partition, range))
    reports.push(keptReportSchema.parse(unpackJson(row, 'Report')));
  return reports;
}

const findingRow = z.object({
  rowKey: z.string(),
  Kind: z.enum(findingKinds),
  DeviceKey: z.string().default(''),
});

async function findingsSince(client: TableClient, partition: string, from: Date) {
  const findings = [];
  const range = [`finding|${runTime(from)}`, 'finding|~'] as const;
  for await (const row of rowsBetween(client, partition, range, { select: ['Kind', 'DeviceKey'] })) {
    const { rowKey, Kind: kind, DeviceKey: deviceKey } = findingRow.parse(row);
    findings.push({ kind, deviceKey, baseline: rowKey.includes('.baseline.') });
  }
  return findings;
}

async function readReport(client: TableClient, partition: string, runId: string) {
  const row = await readRow(client, partition, rowKeys.run(runId));
  return row && keptReportSchema.parse(unpackJson(row, 'Report'));
}

/** A page; `next` is the key of its last row, without what all keys of the run have in common. */
async function readFindings(
  client: TableClient,
  partition: string,
  runId: string,
  after: string | undefined,
  most: number,
): Promise<{ findings: KeptFinding[]; next?: string }> {
  const common = `finding|${runId}.`;
  // ' ' comes before every character of a key, '~' after: nothing lies between a key and itself with a space behind it.
  const range = [after === undefined ? common : `${common}${after} `, `${common}~`] as const;
  const findings: KeptFinding[] = [];
  let last = '';
  for await (const row of rowsBetween(client, partition, range)) {
    if (findings.length === most) return { findings, next: last.slice(common.length) };
    last = z.string().parse(row.rowKey);
    findings.push(toKept(last, row));
  }
  return { findings };
}

function toKept(rowKey: string, row: Record<string, unknown>): KeptFinding {
  const { NotifiedAt } = z.object({ NotifiedAt: z.date().optional() }).parse(row);
  return {
    messageId: rowKey.split('|')[1] ?? '',
    finding: findingSchema.parse(unpackJson(row, 'Finding')),
    ...(NotifiedAt && { notifiedAt: NotifiedAt.toISOString() }),
  };
}
