import { app, type HttpHandler, type HttpMethod } from '@azure/functions';

/**
 * Every function, and where it is found. What one does is loaded when it is called first: the host waits for this file, and compiling the rest would be most
 * of that wait.
 */

function http(
  name: string,
  route: string,
  methods: HttpMethod[],
  load: () => Promise<HttpHandler>,
  authLevel: 'function' | 'anonymous' = 'function',
): void {
  app.http(name, {
    route,
    methods,
    authLevel,
    handler: async (request, context) => (await load())(request, context),
  });
}

// Anonymous for the host: the signature is the key, and it covers the body.
http('webhook', 'webhook', ['POST'], async () => (await import('./triggers/webhook.ts')).answer, 'anonymous');
http('health', 'health', ['GET'], async () => (await import('./triggers/health.ts')).answer, 'anonymous');
http(
  'hunts-health',
  'health/hunts',
  ['GET'],
  async () => (await import('./triggers/health.ts')).answerOnHunts,
);
http('on-demand-hunt', 'hunt', ['POST'], async () => (await import('./triggers/on-demand-hunt.ts')).answer);
http('runs', 'runs/{id?}', ['GET'], async () => (await import('./triggers/runs.ts')).answer);
http('explain-device', 'explain', ['GET'], async () => (await import('./triggers/explain-device.ts')).answer);
http(
  'read-dead-letters',
  'dead-letters/{id?}',
  ['GET'],
  async () => (await import('./triggers/read-dead-letters.ts')).answer,
);
http(
  'change-dead-letters',
  'dead-letters/{id?}',
  ['POST', 'DELETE'],
  async () => (await import('./triggers/change-dead-letters.ts')).answer,
);
http(
  'read-exclusions',
  'exclusions/{id?}',
  ['GET'],
  async () => (await import('./triggers/read-exclusions.ts')).answer,
);
http(
  'change-exclusions',
  'exclusions/{id?}',
  ['PUT', 'DELETE'],
  async () => (await import('./triggers/change-exclusions.ts')).answer,
);
http(
  'preview-exclusion',
  'exclusions/preview',
  ['POST'],
  async () => (await import('./triggers/preview-exclusion.ts')).answer,
);

const always = { runOnStartup: false, useMonitor: true };

app.timer('scheduled-hunt', {
  ...always,
  // The host resolves the setting, so that a change of it needs no deployment.
  schedule: process.env.HUNT_SCHEDULE ? '%HUNT_SCHEDULE%' : '0 0 */4 * * *',
  handler: async (timer, context) => (await import('./triggers/scheduled-hunt.ts')).run(timer, context),
});
app.timer('tell-changes', {
  ...always,
  schedule: '0 */5 * * * *',
  handler: async (timer, context) => (await import('./triggers/tell-changes.ts')).run(timer, context),
});
const weekly = process.env.WEEKLY_SCHEDULE?.trim() ?? '';
if (weekly.toLowerCase() !== 'off')
  app.timer('weekly-summary', {
    ...always,
    schedule: weekly === '' ? '0 0 6 * * 1' : '%WEEKLY_SCHEDULE%',
    handler: async (timer, context) => (await import('./triggers/weekly-summary.ts')).run(timer, context),
  });

// Every invocation fails while settings are wrong; this says so, all at once, when the host has heard of the functions.
setImmediate(async () => {
  const { reportSettings } = await import('./settings/report-settings.ts');
  for (const line of reportSettings(process.env)) console.error(line);
  // Most of what any function needs; the first call finds it loaded where it leaves the time.
  await import('./triggers/scheduled-hunt.ts');
});
