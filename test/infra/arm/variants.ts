import { secrets, WORKSPACE } from './deploy-offline.ts';

/** Parameters beside those that azd asks for: deployments that differ as much as they can. */
export const variants = {
  'as azd up deploys it': {},
  'with everything': {
    slackWebhookUrl: secrets.slackWebhookUrl,
    webhookUrl: secrets.webhookUrl,
    webhookSecret: secrets.webhookSecret,
    channels: [
      { name: 'tier-2', kind: 'teams', urlSetting: 'TIER2_URL', when: { kinds: ['findings'] } },
      { name: 'soar', kind: 'webhook', urlSetting: 'SOAR_URL', secretSetting: 'SOAR_SECRET' },
      { name: 'lab', kind: 'webhook', urlSetting: 'LAB_URL', secretSetting: 'SOAR_SECRET' },
    ],
    channelSecrets: {
      TIER2_URL: 'SECRET-tier2-url',
      SOAR_URL: 'SECRET-soar-url',
      LAB_URL: 'SECRET-lab-url',
      SOAR_SECRET: 'SECRET-soar-secret',
    },
    settings: {
      HUNT_SCHEDULE: '0 0 6 * * *',
      WEEKLY_SCHEDULE: 'off',
      HUNTS: 'addigy',
      HUNT_LOOKBACK: 'P2D',
      RETURN_AFTER: 'P60D',
      FORGET_AFTER: 'P400D',
      ALARM_AFTER_RUNS: '2',
      EXCLUSION_WARN_SHARE: '0.8',
      EXCLUSION_QUERIES_PER_DAY: '50',
      STATE_TABLE: 'hunts',
      TEAMS_CARD: 'bare',
      LOG_ANALYTICS_ENDPOINT: 'https://api.loganalytics.us',
      LOG_ANALYTICS_AUDIENCE: 'https://api.loganalytics.us',
    },
    exclusionSettings: { ADDIGY_MANAGEMENT_SERVER_IPS: '203.0.113.7' },
    vnetEnabled: true,
    actionGroupResourceIds: '/a/1, /a/2',
    sentinelWorkspaceResourceIds: `${WORKSPACE}, ${WORKSPACE.replace('sentinel-eu', 'sentinel-us')}`,
  },
  'with a custom role': { workspaceAccess: 'customRole', purgeProtection: false },
};

export const everyVariant = Object.entries(variants).map(([name, params]) => [name, params] as const);
