import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { idOf } from '../../domain/exclusions/attribution.ts';
import type { KnownScope } from '../../ports/device-history.ts';
import type { ExclusionLedger, HiddenThing } from '../../ports/exclusion-ledger.ts';
import { inEveryScope } from './in-every-scope.ts';
import { fromLedgerRow } from './rows.ts';
import { listsOf, readHiders, WITH_HIDER } from './seen-rows.ts';
import { rowsUnder } from './table.ts';

/** Written with the memory of each hunt, in whose partition its rows lie: a range of few rows for each. */
export function tableExclusionLedger(table: () => Promise<TableClient>): ExclusionLedger {
  return {
    async entries() {
      const client = await table();
      const all = await inEveryScope(client, async ({ partition }) => {
        const entries = [];
        for await (const row of rowsUnder(client, partition, 'ledger')) entries.push(fromLedgerRow(row));
        return entries;
      });
      return all.flat();
    },

    async hiddenBy(exclusion) {
      const client = await table();
      const all = await inEveryScope(client, async (scope) => {
        const things: HiddenThing[] = [];
        const lists = listsOf(client, scope.partition);
        for await (const row of rowsUnder(client, scope.partition, 'seen', {
          select: hiddenColumns,
          where: WITH_HIDER,
        })) {
          const { HiddenBy } = hiddenRow.parse(row);
          if ((await readHiders(HiddenBy, lists)).some((hider) => idOf(hider) === exclusion))
            things.push(toThing(row, scope));
        }
        return things;
      });
      return all.flat().sort((one, other) => other.lastSeen.getTime() - one.lastSeen.getTime());
    },
  };
}

const hiddenRow = z.object({
  HiddenBy: z.string(),
  DeviceId: z.string().optional(),
  DeviceName: z.string().optional(),
  Identity: z.string(),
  FirstSeen: z.date(),
  LastSeen: z.date(),
});
const hiddenColumns = Object.keys(hiddenRow.shape);

function toThing(row: unknown, { huntName, workspaceId }: KnownScope): HiddenThing {
  const { DeviceId: id, DeviceName: name, Identity, FirstSeen, LastSeen } = hiddenRow.parse(row);
  return {
    hunt: huntName,
    workspaceId,
    ...((id || name) && { device: { ...(id && { id }), ...(name && { name }) } }),
    identity: Identity,
    firstSeen: FirstSeen,
    lastSeen: LastSeen,
  };
}
