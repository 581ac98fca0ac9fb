import { ConfigError } from './domain/config-error.ts';
import { readConfig } from './settings/config.ts';
import './triggers/change-dead-letters.ts';
import './triggers/change-exclusions.ts';
import './triggers/explain-device.ts';
import './triggers/health.ts';
import './triggers/on-demand-hunt.ts';
import './triggers/read-dead-letters.ts';
import './triggers/read-exclusions.ts';
import './triggers/runs.ts';
import './triggers/preview-exclusion.ts';
import './triggers/scheduled-hunt.ts';
import './triggers/tell-changes.ts';
import './triggers/webhook.ts';
import './triggers/weekly-summary.ts';

// Every invocation fails while settings are wrong; this says so at start, all at once.
try {
  const { channels, unresolved } = readConfig(process.env);
  if (channels.length === 0)
    console.error(
      'No channel is set up (TEAMS_WEBHOOK_URL, SLACK_WEBHOOK_URL, WEBHOOK_URL or CHANNELS): findings wait.',
    );
  for (const setting of unresolved)
    console.error(`${setting}: Azure has not read it from Key Vault. What needs it waits; the hunts go on.`);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
}
