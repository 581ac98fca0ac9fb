import { readChannels } from '../../functions/settings/channels.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const env = {
  FLOW: 'https://flows.example/?sig=hush',
  PLAIN: 'http://flows.example/?sig=hush',
  EMPTY: ' ',
  KEY: `${secret} ${secret}`,
  SHORT: 'whsec_aHVzaA==',
};
const read = (channels: unknown, taken: string[] = []) =>
  readChannels(typeof channels === 'string' ? channels : JSON.stringify(channels), env, taken);

const teams = { name: 'soc', kind: 'teams', urlSetting: 'FLOW' };
const soar = { name: 'soar', kind: 'webhook', urlSetting: 'FLOW', secretSetting: 'KEY' };

test('a list becomes channels, with what their settings hold', () => {
  const when = { hunts: ['addigy'], kinds: ['findings'], tactics: ['Persistence'] };
  expect(
    read([
      teams,
      { ...teams, name: 'bare', card: 'bare', when },
      { ...teams, name: 's', kind: 'slack' },
      soar,
    ]),
  ).toEqual({
    channels: [
      { name: 'soc', kind: 'teams', url: env.FLOW, card: 'message' },
      { name: 'bare', kind: 'teams', url: env.FLOW, card: 'bare', when },
      { name: 's', kind: 'slack', url: env.FLOW },
      { name: 'soar', kind: 'webhook', url: env.FLOW, secrets: [secret, secret] },
    ],
    problems: [],
  });
});

test.each<[string, unknown, string[], RegExp[]]>([
  ['it is no JSON', '[{', [], [/^CHANNELS: /]],
  ['it is no list', teams, [], [/^CHANNELS: /]],
  [
    'a kind is unknown',
    [{ ...teams, kind: 'irc' }],
    [],
    [/^CHANNELS\[0\]\.kind: must be teams, slack or webhook$/],
  ],
  ['a field is unknown', [{ ...teams, url: 'https://hush' }], [], [/^CHANNELS\[0\]: .*url/]],
  ['a name is no key', [teams, { ...teams, name: 'a/b' }], [], [/^CHANNELS\[1\]\.name: must be letters/]],
  [
    'a name is there twice',
    [teams, { ...teams, name: 'SOC' }],
    [],
    [/^CHANNELS\[1\]\.name: there is another channel SOC$/],
  ],
  [
    'a name is that of a simple channel',
    [{ ...teams, name: 'Teams' }],
    ['teams'],
    [/there is another channel/],
  ],
  [
    'a webhook has no secret',
    [{ ...soar, secretSetting: undefined }],
    [],
    [/^CHANNELS\[0\]\.secretSetting: /],
  ],
  ['a Slack channel has a card', [{ ...teams, kind: 'slack', card: 'bare' }], [], [/^CHANNELS\[0\]: .*card/]],
  [
    'a kind of message is unknown',
    [{ ...teams, when: { kinds: ['all'] } }],
    [],
    [/^CHANNELS\[0\]\.when\.kinds\[0\]: /],
  ],
  ['a condition is empty', [{ ...teams, when: { hunts: [] } }], [], [/^CHANNELS\[0\]\.when\.hunts: /]],
  [
    'settings are missing or wrong',
    [
      { ...teams, urlSetting: 'NONE' },
      { ...teams, name: 'b', urlSetting: 'EMPTY' },
      { ...teams, name: 'c', urlSetting: 'PLAIN' },
      { ...soar, secretSetting: 'SHORT' },
    ],
    [],
    [
      /^NONE: is not set \(of CHANNELS\[0\], soc\)$/,
      /^EMPTY: is not set \(of CHANNELS\[1\], b\)$/,
      /^PLAIN: must be an https:\/\/ address/,
      /^SHORT: must be whsec_/,
    ],
  ],
])('when %s, then entry and field are named, and no value of a setting', (_, channels, taken, expected) => {
  const { problems } = read(channels, taken);
  expect(problems).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  expect(problems.join()).not.toMatch(/hush|aHVzaA/);
});
