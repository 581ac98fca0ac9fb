import type { ChangesMessage } from '../../functions/domain/messages/kinds/changes-message.ts';
import type { GapMessage } from '../../functions/domain/messages/kinds/gap-message.ts';
import type { HealthMessage } from '../../functions/domain/messages/kinds/health-message.ts';
import type { MuchHiddenMessage } from '../../functions/domain/messages/kinds/much-hidden-message.ts';
import type { WeeklyMessage } from '../../functions/domain/messages/kinds/weekly-message.ts';
import { addigy, hostileTexts } from './sample-messages.ts';

const workspace = { id: 'c0ffee00-0000-4000-8000-000000000001', name: 'soc-prod' };
const other = { id: 'c0ffee00-0000-4000-8000-000000000002', name: 'soc-emea' };

const notCompleted: HealthMessage = {
  id: '20260801T040000Z-5f3a9c01.not-completed.1',
  kind: 'not-completed',
  createdAt: '2026-08-01T04:00:12Z',
  hunt: addigy,
  workspace,
  run: {
    id: '20260801T040000Z-5f3a9c01',
    outcome: 'failed',
    window: { from: '2026-07-27T04:00:00Z', to: '2026-08-01T04:00:00Z' },
  },
  streak: {
    id: 'a'.repeat(32),
    runs: 3,
    since: '2026-07-31T20:00:00Z',
    problems: [
      'The query failed: this app may not read the workspace c0ffee00-0000-4000-8000-000000000001 (403, InsufficientAccessError).',
    ],
  },
  searchedUntil: '2026-07-31T16:00:00Z',
};

const gap: GapMessage = {
  id: '20260801T040000Z-5f3a9c01.gap.1',
  kind: 'gap',
  createdAt: '2026-08-01T04:00:12Z',
  hunt: addigy,
  workspace,
  run: { id: '20260801T040000Z-5f3a9c01' },
  gaps: [
    {
      from: '2026-06-24T04:00:00Z',
      to: '2026-07-02T04:00:00Z',
      reason: 'it is more than 30 days ago',
    },
    {
      from: '2026-07-12T00:00:00Z',
      to: '2026-07-12T04:00:00Z',
      reason: 'it was tried 5 times in vain',
    },
  ],
  total: 2,
};

const muchHidden: MuchHiddenMessage = {
  id: '20260801T040000Z-5f3a9c01.much-hidden.1',
  kind: 'much-hidden',
  createdAt: '2026-08-01T04:00:12Z',
  hunt: addigy,
  workspace,
  run: {
    id: '20260801T040000Z-5f3a9c01',
    window: { from: '2026-07-27T04:00:00Z', to: '2026-08-01T04:00:00Z' },
  },
  hidden: 52,
  sightings: 64,
  before: { hidden: 33, sightings: 64, toldAt: '2026-07-30T04:00:09Z' },
  exclusions: [
    { id: 'addigy-scheduled-updates', owner: 'soc@example.com', hidden: 33 },
    {
      id: 'lab-macs',
      owner: 'it-macs@example.com',
      createdBy: 'anna@example.com',
      acceptBroad: 'The lab moves to Addigy this month',
      hidden: 19,
    },
    { id: 'addigy-intune', owner: 'soc@example.com', hidden: 0 },
  ],
  total: 3,
};

const quiet = { 'new-device': 0, 'new-activity': 0, returned: 0, unhidden: 0, baseline: 0 };

const weekly: WeeklyMessage = {
  id: 'weekly.2026-W31',
  kind: 'weekly',
  createdAt: '2026-07-27T06:00:00Z',
  period: { from: '2026-07-20T06:00:00Z', to: '2026-07-27T06:00:00Z' },
  hunts: [
    {
      hunt: { id: addigy.id, name: addigy.name },
      workspace: other,
      runs: { complete: 38, other: 4 },
      searchedUntil: '2026-07-26T12:00:00Z',
      notCompletedSince: '2026-07-26T16:00:00Z',
      findings: { ...quiet, unhidden: 3 },
      devices: 3,
      hidden: 0,
    },
    {
      hunt: { id: addigy.id, name: addigy.name },
      workspace,
      runs: { complete: 42, other: 0 },
      searchedUntil: '2026-07-27T04:00:00Z',
      findings: { ...quiet, 'new-device': 2, 'new-activity': 1, returned: 1 },
      devices: 4,
      hidden: 14,
    },
    {
      hunt: { id: 'b2', name: 'Addigy agent outside its home' },
      workspace,
      runs: { complete: 41, other: 1 },
      searchedUntil: '2026-07-27T04:00:00Z',
      findings: { ...quiet, baseline: 2_412 },
      devices: 2_000,
      hidden: 468,
    },
    {
      hunt: { id: 'b2', name: 'Addigy agent outside its home' },
      workspace: other,
      runs: { complete: 42, other: 0 },
      searchedUntil: '2026-07-27T04:00:00Z',
      findings: quiet,
      devices: 0,
      hidden: 0,
    },
  ],
  total: 4,
  outbox: { waiting: 0, deadLettered: 1 },
  exclusions: {
    inForce: 12,
    ending: [
      { id: 'addigy-scheduled-updates', on: '2026-07-31', owner: 'soc@example.com' },
      { id: 'addigy-inventory', on: '2026-08-05', owner: 'it-macs@example.com' },
    ],
    stale: [{ id: 'addigy-intune', owner: 'soc@example.com' }],
  },
};

const changes: ChangesMessage = {
  id: 'changes.0123456789abcdef0123456789abcdef',
  kind: 'changes',
  createdAt: '2026-08-01T12:05:00Z',
  changes: [
    {
      what: 'exclusion-created',
      subject: 'lab-machines',
      at: '2026-08-01T12:00:10Z',
      by: 'anna@example.com',
      claimed: true,
      exclusion: {
        reason: 'Machines of the test lab',
        owner: 'soc@example.com',
        expires: '2026-12-31',
        hunts: [addigy.name],
      },
      hides: { hidden: 14, sightings: 212, devices: 11, whole: true },
    },
    {
      what: 'exclusion-removed',
      subject: 'old-office',
      at: '2026-08-01T12:01:00Z',
      by: 'ben@example.com',
      claimed: true,
    },
    {
      what: 'dead-letter-discarded',
      subject: '20260801T040000Z-5f3a9c01.findings.1',
      at: '2026-08-01T12:02:30Z',
      by: 'ben@example.com',
      claimed: true,
    },
  ],
};

/** Every kind of card that is about the hunter itself; `npm run cards` draws them and tests walk them. */
export const sampleNotices = {
  'not-completed': notCompleted,
  'well-again': {
    ...notCompleted,
    kind: 'well-again',
    id: '20260801T120000Z-77aa0b2c.well-again.1',
    createdAt: '2026-08-01T12:00:10Z',
    run: {
      id: '20260801T120000Z-77aa0b2c',
      outcome: 'complete',
      window: { from: '2026-07-27T12:00:00Z', to: '2026-08-01T12:00:00Z' },
    },
    streak: { ...notCompleted.streak, runs: 4 },
    searchedUntil: '2026-08-01T12:00:00Z',
  },
  gap,
  'much-hidden': muchHidden,
  'much-hidden-hostile': {
    ...muchHidden,
    hidden: 64,
    exclusions: Object.values(hostileTexts).map((text, index) => ({
      id: `e${index}`,
      owner: text,
      createdBy: text,
      acceptBroad: text,
    })),
    total: 400,
  },
  'not-completed-hostile': {
    ...notCompleted,
    run: { ...notCompleted.run, window: null },
    streak: { ...notCompleted.streak, problems: Object.values(hostileTexts).slice(0, 5) },
    searchedUntil: null,
  },
  changes,
  'changes-one': { ...changes, changes: changes.changes.slice(0, 1) },
  'changes-hostile': {
    ...changes,
    changes: Object.values(hostileTexts)
      .slice(0, 12)
      .map((text, index) => ({
        what: 'exclusion-created' as const,
        subject: `lab-${index}`,
        at: '2026-08-01T12:00:10Z',
        by: text,
        claimed: true,
        exclusion: { reason: text, owner: text, expires: '2026-12-31', hunts: [text] },
        hides: null,
      })),
  },
  weekly,
  'weekly-quiet': {
    ...weekly,
    hunts: weekly.hunts.slice(3),
    total: 1,
    outbox: { waiting: 0, deadLettered: 0 },
    exclusions: { inForce: 5, ending: [], stale: [] },
  },
  'weekly-many': {
    ...weekly,
    hunts: Array.from({ length: 60 }, (_, index) => ({
      hunt: { id: `h${index}`, name: `RMM tool ${index + 1}` },
      workspace,
      runs: { complete: 42, other: 0 },
      searchedUntil: '2026-07-27T04:00:00Z',
      findings: quiet,
      devices: 0,
      hidden: 0,
    })),
    total: 240,
  },
} satisfies Record<string, ChangesMessage | GapMessage | HealthMessage | MuchHiddenMessage | WeeklyMessage>;
