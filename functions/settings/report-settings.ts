import { ConfigError } from '../domain/config-error.ts';
import { readConfig } from './config.ts';

/** What is wrong with the settings, or missing, a line each; empty when all is well. */
export function reportSettings(env: Record<string, string | undefined>): string[] {
  try {
    const { channels, unresolved } = readConfig(env);
    return [
      ...(channels.length === 0
        ? [
            'No channel is set up (TEAMS_WEBHOOK_URL, SLACK_WEBHOOK_URL, WEBHOOK_URL or CHANNELS): findings wait.',
          ]
        : []),
      ...unresolved.map(
        (setting) =>
          `${setting}: Azure has not read it from Key Vault. What needs it waits; the hunts go on.`,
      ),
    ];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [error.message];
  }
}
