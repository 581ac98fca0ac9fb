import { ConfigError, readConfig } from './config.ts';
import './triggers/dead-letters.ts';
import './triggers/exclusions.ts';
import './triggers/explain-device.ts';
import './triggers/on-demand-hunt.ts';
import './triggers/runs.ts';
import './triggers/preview-exclusion.ts';
import './triggers/scheduled-hunt.ts';
import './triggers/webhook.ts';
import './triggers/weekly-summary.ts';

// Every invocation fails while settings are wrong; this says so at start, all at once.
try {
  readConfig(process.env);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
}
