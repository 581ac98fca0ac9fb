/**
 * A process that reads two results, with exclusions and without, and plans the run: `node plan-result.ts known|new URL`. Says how much memory the process
 * had at most, as JSON.
 */
import { logAnalytics } from '../../functions/adapters/log-analytics/log-analytics.ts';
import { planRun } from '../../functions/domain/hunting/plan-run.ts';
import { type LogsAnswer, readAnswers } from '../../functions/domain/hunting/read-answers.ts';
import { factsOf, hunt, NOW, remembered } from './sample-run.ts';

const [kind, url = ''] = process.argv.slice(2);
const logs = logAnalytics({ endpoint: url, credential: () => Promise.reject(new Error('none is needed')) });
const timespan = { from: new Date(NOW.getTime() - 86_400_000), to: NOW };
const signal = AbortSignal.timeout(1_200_000);
const ask = (kql: string): Promise<LogsAnswer> =>
  logs.query({ workspaceId: 'local', kql, timespan, signal, serverTimeoutSeconds: 600 });

async function look() {
  const [withExclusions, withoutExclusions, coverage] = await Promise.all([
    ask('full'),
    ask('identities'),
    ask('coverage'),
  ]);
  return readAnswers({ withExclusions, withoutExclusions, coverage }, hunt, NOW);
}
const evidence = await look();
const seen = kind === 'new' ? new Map() : remembered(evidence.visible, evidence.hidden);
const plan = planRun(factsOf(evidence, seen));
console.log(
  JSON.stringify({
    outcome: evidence.outcome,
    sightings: evidence.visible.length,
    hidden: evidence.hidden.length,
    findings: plan.findings.length,
    heapMb: process.memoryUsage().heapUsed / 1e6,
    rssMb: process.resourceUsage().maxRSS / 1024,
  }),
);
