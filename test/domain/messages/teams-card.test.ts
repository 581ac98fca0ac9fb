import {
  array,
  assert,
  constantFrom,
  dictionary,
  integer,
  option,
  property,
  record,
  string,
} from 'fast-check';
import { findingKinds } from '../../../functions/domain/hunting/finding.ts';
import {
  type FindingsMessage,
  MAX_FINDINGS_PER_MESSAGE,
} from '../../../functions/domain/messages/kinds/findings-message.ts';
import { type Message, messageSchema } from '../../../functions/domain/messages/message.ts';
import { teamsCard } from '../../../functions/domain/messages/teams-card.ts';
import {
  hostileTexts,
  sampleFinding,
  sampleMessage,
  sampleMessages,
} from '../../../local/cards/sample-messages.ts';
import { sampleNotices } from '../../../local/cards/sample-notices.ts';

/** Every string under a key, anywhere in a card. */
function valuesOf(node: unknown, key: string, under?: string): string[] {
  if (Array.isArray(node)) return node.flatMap((item) => valuesOf(item, key, under));
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) =>
    name === key && typeof value === 'string' && (!under || Reflect.get(node, 'type') === under)
      ? [value]
      : valuesOf(value, key, under),
  );
}

const cardOf = (message: Message) => teamsCard(message).attachments[0].content;
/** As it is within a flow, which escapes the JSON once more. */
const sizeOf = (message: Message) => Buffer.byteLength(JSON.stringify(JSON.stringify(teamsCard(message))));
const textOf = (message: Message) => valuesOf(cardOf(message), 'text').join('\n');
const sample = (name: string): FindingsMessage => {
  const message = sampleMessages[name];
  if (!message) throw new Error(`no sample ${name}`);
  return message;
};

describe('the first line says what was found', () => {
  it.each([
    ['finding', '1 new device talks to Addigy'],
    ['two-findings', '2 new devices talk to Addigy'],
    ['mixed-kinds', '3 devices talk to Addigy (1 new, 1 with new activity, 1 back after a long silence)'],
    ['many-findings', '130 new findings on 96 devices: Addigy'],
    ['baseline', 'Baseline of Addigy: 2,412 sightings on 2,000 devices'],
    [
      'unhidden',
      '3 devices visible again: addigy-scheduled-updates, ended 2026-07-31, and 1 other exclusion',
    ],
    ['other-hunt', '1 new finding: Rare service principal added by a user'],
  ])('%s: %s', (name, headline) => {
    expect(valuesOf(cardOf(sample(name)), 'text')[0]).toBe(headline);
  });

  it.each([
    ['new-activity' as const, 'New activity on 1 known device: Addigy'],
    ['returned' as const, '1 device talks to Addigy, again after a long silence'],
  ])('%s: %s', (kind, headline) => {
    const message = sampleMessage([sampleFinding('mac', 'prod.addigy.com', { kind })]);
    expect(valuesOf(cardOf(message), 'text')[0]).toBe(headline);
  });

  it.each([
    ['not-completed' as const, 'The hunt has not completed for 3 runs: Addigy'],
    ['well-again' as const, 'Recovered: Addigy'],
    ['much-hidden' as const, 'Exclusions hide 81 % of what the hunt sees: Addigy'],
    ['much-hidden-hostile' as const, 'Exclusions hide everything that the hunt sees: Addigy'],
    ['weekly' as const, 'Weekly summary: 4 new findings, 1 hunt of 4 not completed'],
    ['weekly-quiet' as const, 'Weekly summary: no new findings, 1 hunt complete'],
  ])('%s: %s', (name, headline) => {
    expect(valuesOf(cardOf(sampleNotices[name]), 'text')[0]).toBe(headline);
  });
});

it('a hunt that does not come through says up to when was searched, since when not, and why; nothing of it is markup', () => {
  const text = textOf(sampleNotices['not-completed']);
  expect(text).toContain('Searched up to: {{DATE(2026-07-31T16:00:00Z,SHORT)}}');
  expect(text).toContain('3 runs, the first {{DATE(2026-07-31T20:00:00Z,SHORT)}}');
  expect(text).toContain('this app may not read the workspace');
  const blocks = valuesOf(cardOf(sampleNotices['not-completed-hostile']), 'text', 'TextBlock').join('\n');
  for (const hostile of [hostileTexts.markdown, hostileTexts.html, 'DATE(2020'])
    expect(blocks).not.toContain(hostile);
});

it.each(Object.keys(sampleNotices) as (keyof typeof sampleNotices)[])(
  'no text of %s that somebody else wrote stands where Teams renders Markdown or dates',
  (name) => {
    const { body } = cardOf(sampleNotices[name]);
    const blocks = [...valuesOf(body, 'text', 'TextBlock'), ...valuesOf(body, 'value', 'Fact')].join('\n');
    for (const hostile of [hostileTexts.markdown, hostileTexts.html, hostileTexts.template, 'DATE(2020'])
      expect(blocks).not.toContain(hostile);
  },
);

it('the weekly summary names exclusions to review, counts what hunts found, and what finds no room', () => {
  const text = textOf(sampleNotices.weekly);
  for (const fact of [
    'Ends after 2026-07-31',
    'addigy-intune (soc@example.com)',
    '4 findings on 4 devices (2 on a new device, 1 new activity, 1 returned); 14 hidden by exclusions',
    'No findings; 2,412 in the baseline',
    '38 of 42 runs complete, none since {{DATE(2026-07-26T16:00:00Z,SHORT)}}',
    '1 message could not be delivered',
  ])
    expect(text).toContain(fact);
  expect(textOf(sampleNotices['weekly-many'])).toContain('221 more not shown here');
  expect(sizeOf(sampleNotices['weekly-many'])).toBeLessThan(26_000);
});

it('a card shows device, URL, account, process, times in the reader’s zone, count, and links the technique and the device', () => {
  const card = cardOf(sample('two-findings'));
  const text = valuesOf(card, 'text').join('\n');
  for (const fact of [
    'mac-fin-02',
    'agents.addigy.com',
    'root',
    'curl',
    'Seen {{DATE(2026-07-31T22:14:03Z,SHORT)}} {{TIME(2026-07-31T22:14:03Z)}} to {{DATE(2026-08-01T03:41:55Z,SHORT)}} {{TIME(2026-08-01T03:41:55Z)}}, 14 times',
    'Command and Control',
    '184,233 rows',
    '14 hidden by exclusions',
  ]) {
    expect(text).toContain(fact);
  }
  expect(new Set(valuesOf(card, 'url'))).toEqual(
    new Set([
      'https://attack.mitre.org/techniques/T1219/',
      `https://security.microsoft.com/machines/${sample('two-findings').findings[0]?.device?.id}`,
      `https://security.microsoft.com/machines/${sample('two-findings').findings[1]?.device?.id}`,
      sample('two-findings').run.queryUrl,
      sample('two-findings').run.historyUrl,
      sample('two-findings').run.runUrl,
    ]),
  );
});

it('lists that a hunt collects read as lists; identity columns that nobody knows are shown by name', () => {
  const row = {
    CommandLines: JSON.stringify(['curl a', 'sh -c "b"']),
    FolderPaths: '["/Library/Addigy/go-agent"',
    Accounts: '[]',
    RemoteUrl: '[not json',
  };
  const identity = { DeviceId: 'd', Trace: 'look-alike', Empty: '' };
  const text = textOf(sampleMessage([sampleFinding('mac', 'u', { row, identity })]));
  for (const line of [
    'Command  \ncurl a, sh -c "b"\n',
    'Folder  \n["/Library/Addigy/go-agent"\n',
    'URL  \n[not json\n',
    'Trace  \nlook-alike\n',
  ]) {
    expect(text).toContain(line);
  }
  expect(text).not.toContain('Account');
  expect(text).not.toContain('Empty');
});

it('a sub-technique links to its own page; what is no technique is text without a link', () => {
  const techniques = ['T1098.001', 'T1219/../evil', 'javascript:alert(1)'];
  const message = { ...sample('finding'), hunt: { ...sample('finding').hunt, techniques } };
  const urls = valuesOf(cardOf(message), 'url').filter((url) => !url.includes('security.microsoft.com'));
  expect(urls).toEqual(['https://attack.mitre.org/techniques/T1098/001/']);
  expect(textOf(message)).toContain('javascript:alert(1)');
});

it('a device id that is not Defender’s becomes no link', () => {
  const id = 'a'.repeat(39);
  const message = sampleMessage([sampleFinding('mac', 'u', { device: { id: `${id}/../?x`, name: 'mac' } })]);
  expect(valuesOf(cardOf(message), 'url')).toEqual(['https://attack.mitre.org/techniques/T1219/']);
});

it('an incomplete or data-less run says so before the findings', () => {
  const text = textOf(sample('incomplete'));
  expect(text).toContain('This run is incomplete');
  expect(text).toContain('ADDIGY_MANAGEMENT_SERVER_IPS');
  expect(text.indexOf('incomplete')).toBeLessThan(text.indexOf('mac-fin-02'));
  expect(text).toContain('how much data there was is not known');
  expect(textOf(sample('no-data'))).toContain('Is the data connector on?');
});

it('findings beyond twenty are counted on the card', () => {
  expect(textOf(sample('many-findings'))).toContain('110 more not shown here');
  expect(textOf(sample('baseline'))).toContain('2,392 more not shown here');
});

it('new devices come before what known devices do', () => {
  const text = textOf(sample('mixed-kinds'));
  expect(text.indexOf('mac-fin-02')).toBeLessThan(text.indexOf('mac-dev-11'));
});

it('a few devices have a button each, once; of many, the names are links', () => {
  const buttons = (message: FindingsMessage) => valuesOf(cardOf(message), 'title');
  const [finding] = sample('finding').findings;
  if (!finding) throw new Error('no finding');
  expect(buttons(sampleMessage([finding, { ...finding, id: 'other' }]))).toEqual(['Open device in Defender']);
  expect(buttons(sample('mixed-kinds'))).toEqual([
    ...Array(3).fill('Open device in Defender'),
    'Query',
    'Why?',
    'This run',
  ]);
  expect(buttons(sample('many-findings'))).toEqual([]);
  expect(valuesOf(cardOf(sample('many-findings')), 'url')).toHaveLength(21);
});

it('text from data stands in text runs only, with its braces broken', () => {
  const card = cardOf(sample('hostile'));
  const markdown = [
    ...valuesOf(card, 'text', 'TextBlock'),
    ...valuesOf(card, 'value'),
    ...valuesOf(card, 'title', 'Fact'),
  ];
  const ours = /^(Seen|Window: |Data: |Sightings: )[\w :.,(){}-]*$/;
  expect(markdown.filter((text) => !ours.test(text))).toEqual([]);
  expect(valuesOf(card, 'text', 'TextRun').filter((text) => text.includes('{{'))).toEqual([]);
  expect(valuesOf(card, 'title').filter((text) => text.includes('{{'))).toEqual([]);
  expect(valuesOf(card, 'text', 'TextRun')).toContain(hostileTexts.markdown);
});

it('only elements and properties of version 1.4 are used', () => {
  const types = new Set(
    Object.values(sampleMessages).flatMap((message) => valuesOf(cardOf(message), 'type')),
  );
  expect([...types].sort()).toEqual([
    'Action.OpenUrl',
    'ActionSet',
    'AdaptiveCard',
    'Container',
    'RichTextBlock',
    'TextBlock',
    'TextRun',
  ]);
});

describe('whatever the data', () => {
  const nasty = string({ unit: 'binary', maxLength: 60 });
  const date = constantFrom('2026-08-01T00:00:00Z', '2026-08-01T00:00:00.123+02:00');
  const finding = record({
    id: string({ minLength: 1, maxLength: 64 }),
    kind: constantFrom(...findingKinds),
    device: record({ id: nasty, name: nasty }),
    identity: dictionary(nasty, nasty, { maxKeys: 8 }),
    firstSeen: date,
    lastSeen: date,
    count: integer({ min: 0 }),
    row: dictionary(constantFrom('RemoteUrl', 'AccountName', 'InitiatingProcessCommandLine', 'x'), nasty),
  });
  const message = record({
    findings: array(finding, { maxLength: 3 }),
    total: integer({ min: 0, max: 1e9 }),
    devices: integer({ min: 0, max: 1e9 }),
    names: array(nasty, { maxLength: 20 }),
    repeat: integer({ min: 1, max: 300 }),
    newest: option(date, { nil: null }),
  }).map(({ findings, total, devices, names, repeat, newest }): FindingsMessage => {
    const long = (text: string) => `${text} `.repeat(repeat);
    return sampleMessage(
      Array.from({ length: MAX_FINDINGS_PER_MESSAGE }, (_, index) => {
        const one = findings[index % Math.max(findings.length, 1)] ?? sampleFinding('mac', 'u');
        return {
          ...one,
          device: { id: long(one.device?.id ?? ''), name: long(one.device?.name ?? '') },
          row: { ...one.row, RemoteUrl: long(String(one.row.RemoteUrl)) },
        };
      }),
      {
        total,
        devices,
        coverage: { rows: total, newest },
        hunt: {
          id: 'h',
          name: long(names[0] ?? 'n'),
          description: long(names[1] ?? 'd'),
          tactics: names,
          techniques: names.map(long),
        },
        run: { ...sample('finding').run, problems: names.map(long) },
      },
    );
  });

  it('a post is below 28,000 bytes, shows findings, counts the rest, and double braces are ours', () => {
    assert(
      property(message, (candidate) => {
        const card = cardOf(candidate);
        expect(sizeOf(candidate)).toBeLessThan(28_000);
        const shown = valuesOf(card, 'text', 'TextBlock').filter((text) => text.startsWith('Seen ')).length;
        expect(shown).toBeGreaterThan(0);
        expect(shown).toBeLessThanOrEqual(20);
        expect(textOf(candidate)).toContain(' more not shown here');
        for (const text of [...valuesOf(card, 'text', 'TextRun'), ...valuesOf(card, 'title')]) {
          expect(text).not.toContain('{{');
        }
      }),
      { numRuns: 40 },
    );
  });

  it.each(['"', '\u202e', '😀', '汉', '\\', '{', 'a'])(
    '45 findings whose row holds 16,000 of %j fit',
    (character) => {
      const text = character.repeat(16_000 / character.length);
      const columns = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`${text}${index}`, text]));
      const findings = Array.from({ length: MAX_FINDINGS_PER_MESSAGE }, () =>
        sampleFinding(text, text, {
          identity: columns,
          row: { RemoteUrl: text, InitiatingProcessCommandLine: text, AccountName: text },
        }),
      );
      const candidate = sampleMessage(findings, {
        hunt: { id: text, name: text, description: text, tactics: [text, text], techniques: [text, text] },
        workspace: { id: text, name: text },
        run: { ...sample('finding').run, id: text, problems: Array.from({ length: 30 }, () => text) },
      });
      expect(sizeOf(candidate)).toBeLessThan(28_000);
      expect(textOf(candidate)).toContain(' more not shown here');
    },
  );
});

describe('when an attacker writes backslashes and quotes wherever he can, and every link is as long as may be', () => {
  const heavy = array(constantFrom('\\', '"', '\\"', '\\\\', '\n', '<', '😀', '\u202e', 'א', 'a'), {
    minLength: 50,
    maxLength: 400,
  }).map((parts) => parts.join(''));

  it('the post fits after the flow has escaped it, and shows at least one finding', () => {
    assert(
      property(heavy, integer({ min: 1, max: 45 }), (text, count) => {
        const columns = Object.fromEntries(
          Array.from({ length: 12 }, (_, index) => [`${text}${index}`, text]),
        );
        const url = `https://portal.azure.com/#${'%22'.repeat(980)}`;
        const candidate = sampleMessage(
          Array.from({ length: count }, () =>
            sampleFinding(text, text, {
              identity: columns,
              row: { RemoteUrl: text, InitiatingProcessCommandLine: text, AccountName: text },
            }),
          ),
          {
            hunt: {
              id: 'h',
              name: text,
              description: text,
              tactics: Array(9).fill(text),
              techniques: Array(9).fill(text),
            },
            workspace: { id: text, name: text },
            run: {
              ...sample('finding').run,
              problems: Array.from({ length: 30 }, () => text),
              queryUrl: url,
              runUrl: url,
              historyUrl: url,
            },
          },
        );
        expect(sizeOf(candidate)).toBeLessThan(25_501);
        expect(valuesOf(cardOf(candidate), 'text', 'TextBlock').some((one) => one.startsWith('Seen '))).toBe(
          true,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('what does not fit whole says that it was shortened', () => {
    const text = '\\"'.repeat(5_000);
    const url = `https://portal.azure.com/#${'a'.repeat(2_900)}`;
    const message = sampleMessage(
      [
        sampleFinding(text, text, {
          row: { RemoteUrl: text, FileName: text, FolderPath: text, AccountName: text },
        }),
      ],
      {
        hunt: {
          id: 'h',
          name: text,
          description: text,
          tactics: Array(9).fill(text),
          techniques: Array(9).fill(text),
        },
        run: {
          ...sample('finding').run,
          problems: Array.from({ length: 30 }, () => text),
          ...{ queryUrl: url, runUrl: url, historyUrl: url },
        },
      },
    );
    expect(sizeOf(message)).toBeLessThan(25_501);
    expect(textOf(message)).toContain('‹shortened›');
    expect(textOf(message)).toContain('Seen ');
  });
});

it('the samples are messages', () => {
  for (const message of Object.values(sampleMessages)) messageSchema.parse(message);
});
