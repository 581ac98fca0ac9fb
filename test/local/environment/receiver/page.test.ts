import type { Browser, BrowserContext, Page } from 'playwright-core';
import { genericWebhookChannel } from '../../../../functions/adapters/generic-webhook.ts';
import { teamsChannel } from '../../../../functions/adapters/teams.ts';
import type { Message } from '../../../../functions/domain/messages/message.ts';
import { openBrowser } from '../../../../local/cards/open-browser.ts';
import { hostileTexts, sampleMessages } from '../../../../local/cards/sample-messages.ts';
import { sampleNotices } from '../../../../local/cards/sample-notices.ts';
import { type Receiver, startReceiver } from '../../../../local/environment/receiver/start-receiver.ts';

const now = () => new Date();
const signal = new AbortController().signal;
let receiver: Receiver;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let failures: string[];
let asked: string[];

beforeAll(async () => {
  receiver = await startReceiver();
  browser = await openBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await receiver.close();
});
beforeEach(async () => {
  receiver.clear();
  failures = [];
  asked = [];
  context = await browser.newContext({ viewport: { width: 375, height: 812 } });
  await context.route(
    (url) => url.origin !== new URL(receiver.url).origin,
    (route) => {
      asked.push(route.request().url());
      return route.fulfill({ body: 'elsewhere' });
    },
  );
  page = await context.newPage();
  page.on('pageerror', (error) => failures.push(error.message));
  page.on('console', (line) => line.type() === 'error' && failures.push(line.text()));
  page.on('dialog', (dialog) => failures.push(`dialog ${dialog.message()}`));
});
afterEach(() => context.close());

const samples: Record<string, Message> = { ...sampleMessages, ...sampleNotices };

async function post(name: string): Promise<void> {
  const message = samples[name];
  if (!message) throw new Error(`no sample ${name}`);
  for (const channel of [
    teamsChannel({ name: 'teams', url: receiver.teamsUrl, card: 'message', now }),
    genericWebhookChannel({
      name: 'soar',
      url: receiver.webhookUrl,
      secrets: [Buffer.from('secret').toString('base64')],
      now,
    }),
  ]) {
    expect(await channel.send(message, signal)).toEqual({ kind: 'delivered' });
  }
}

it('when a message arrives, an open page shows its card and its JSON', async () => {
  await page.goto(receiver.url);
  await page.getByText('Nothing has arrived yet').waitFor();
  await post('two-findings');
  await page.getByText('2 new devices talk to Addigy').waitFor();
  expect(await page.locator('.card').textContent()).toContain('mac-fin-02');
  expect(await page.locator('pre').textContent()).toContain('"class_uid": 2004');
  expect(failures).toEqual([]);
});

it('a bare card is drawn like one in a message; what is no card is shown as it came', async () => {
  const weekly = teamsChannel({ name: 'phone', url: receiver.bareTeamsUrl, card: 'bare', now });
  expect(await weekly.send(sampleNotices.weekly, signal)).toEqual({ kind: 'delivered' });
  await fetch(receiver.teamsUrl, { method: 'POST', body: '{"type":"note"}' });
  await page.goto(receiver.url);
  await page.getByText('Weekly summary: 4 new findings').waitFor();
  expect(await page.locator('.card').count()).toBe(1);
  expect(await page.locator('.card').textContent()).toContain('Exclusions to review');
  expect(await page.locator('pre').textContent()).toContain('"type": "note"');
  expect(failures).toEqual([]);
});

it('hostile names stay text: no element, no link, no date and no code of theirs', async () => {
  await post('hostile');
  await page.goto(receiver.url);
  const card = page.locator('.card');
  await card.waitFor();
  const text = await card.textContent();
  for (const literal of [
    hostileTexts.markdown,
    '<img src=x onerror=',
    '<script>',
    '‹U+202E›gnp.exe',
    '{‹U+007B›DATE(',
    hostileTexts.slack,
    '$\u007b$root.secret}',
  ]) {
    expect(text).toContain(literal);
  }
  expect(await card.locator('img, script, strong, em, code, h1, iframe').count()).toBe(0);
  const links = await card
    .locator('a')
    .evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''));
  expect(links.length).toBeGreaterThan(0);
  expect(
    links.filter(
      (link) =>
        !/^https:\/\/(security\.microsoft\.com\/machines\/[0-9a-f]{40}|attack\.mitre\.org\/.*)$/.test(link),
    ),
  ).toEqual([]);
  expect(await page.title()).toBe('Deliveries');
  expect(asked).toEqual([]);
  expect(failures).toEqual([]);
});

it('Markdown in a text block would be seen: the page renders it as Teams does', async () => {
  const body = [{ type: 'TextBlock', text: '**bold**' }];
  const content = { type: 'AdaptiveCard', version: '1.4', body };
  await fetch(receiver.teamsUrl, {
    method: 'POST',
    body: JSON.stringify({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }],
    }),
  });
  await page.goto(receiver.url);
  await page.locator('.card strong', { hasText: 'bold' }).waitFor();
});

it('on a phone no card overflows, no button is cut, and dates are filled in', async () => {
  for (const name of Object.keys(samples)) await post(name);
  await page.goto(receiver.url);
  await page
    .locator('.card')
    .nth(Object.keys(samples).length - 1)
    .waitFor();
  const wide = await page.locator('.card').evaluateAll((cards) =>
    cards.flatMap((card) =>
      [...card.querySelectorAll('*')]
        .filter(
          (one) =>
            one.getBoundingClientRect().right > card.getBoundingClientRect().right + 1 ||
            // Cut with dots, as the renderer does with a button's text.
            (one.closest('.ac-pushButton') !== null && one.scrollWidth > one.clientWidth + 1),
        )
        .map((one) => `${one.className} ${one.textContent?.slice(0, 60)}`),
    ),
  );
  expect(wide).toEqual([]);
  expect((await page.locator('.card').allTextContents()).join()).not.toContain('{{');
});

it('when the button of a device is pressed, the device opens in Defender', async () => {
  await post('finding');
  await page.goto(receiver.url);
  const opened = context.waitForEvent('page');
  await page.getByRole('link', { name: 'Open device in Defender' }).click();
  await (await opened).waitForLoadState();
  expect(asked).toEqual([
    `https://security.microsoft.com/machines/${sampleMessages.finding?.findings[0]?.device?.id}`,
  ]);
});

it('when the button of the query is pressed, the query opens in the Azure portal', async () => {
  await post('two-findings');
  await page.goto(receiver.url);
  const opened = context.waitForEvent('page');
  await page.getByRole('link', { name: 'Query' }).click();
  await (await opened).waitForLoadState();
  expect((await opened).url()).toBe(sampleMessages['two-findings']?.run.queryUrl);
  expect(asked).toEqual(['https://portal.azure.com/']);
});
