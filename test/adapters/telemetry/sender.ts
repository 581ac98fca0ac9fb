/** The process behind `startSender`: sends what it is handed, and says what came of it. Imported nowhere, started by its path. */
import { createRequire } from 'node:module';
import { DefaultAzureCredential } from '@azure/identity';
import { applicationInsights } from '../../../functions/adapters/telemetry.ts';
import type { Telemetry } from '../../../functions/ports/telemetry.ts';
import type { Outcome, Sending } from './start-sender.ts';

const opened = new Map<string, Telemetry>();

function telemetryTo({ connectionString, managedIdentityClientId }: Sending['target']): Telemetry {
  const telemetry =
    opened.get(connectionString) ??
    applicationInsights({
      connectionString,
      roleName: 'hunter',
      ...(managedIdentityClientId !== undefined && {
        credential: async () => new DefaultAzureCredential({ managedIdentityClientId }),
      }),
    });
  opened.set(connectionString, telemetry);
  return telemetry;
}

const isLoaded = () =>
  Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('/applicationinsights/'));

process.on('message', async ({ number, target, records, invocation }: Sending) => {
  const telemetry = telemetryTo(target);
  const startedAt = performance.now();
  const problem = await telemetry.send(records, invocation);
  const outcome: Outcome = { number, problem, ms: performance.now() - startedAt, isLoaded: isLoaded() };
  process.send?.(outcome);
});
process.on('disconnect', () => process.exit());
