import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { teamsChannel } from '../../functions/adapters/teams.ts';
import { startReceiver } from '../environment/receiver/start-receiver.ts';
import { openBrowser } from './open-browser.ts';
import { sampleMessages } from './sample-messages.ts';
import { sampleNotices } from './sample-notices.ts';

const folder = join(import.meta.dirname, '../../dist/cards');

/** How people see cards: Teams on a desktop and on a phone. */
const views = [
  { name: 'desktop', width: 760, height: 900, scale: 1 },
  { name: 'phone', width: 375, height: 812, scale: 2 },
] as const;
const themes = ['light', 'dark'] as const;

/** Draws every kind of card to a PNG: posted by the real channel, taken by the local receiver, drawn as Teams would. */
async function drawCards(names: string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const receiver = await startReceiver();
  const browser = await openBrowser();
  const channel = teamsChannel({
    name: 'teams',
    url: receiver.teamsUrl,
    card: 'message',
    now: () => new Date(),
  });
  try {
    for (const [name, message] of Object.entries({ ...sampleMessages, ...sampleNotices })) {
      if (names.length > 0 && !names.includes(name)) continue;
      receiver.clear();
      const outcome = await channel.send(message, AbortSignal.timeout(10_000));
      if (outcome.kind !== 'delivered') throw new Error(`${name}: ${JSON.stringify(outcome)}`);
      for (const view of views) {
        for (const theme of themes)
          await draw(browser, receiver.url, `${name}-${view.name}-${theme}.png`, view, theme);
      }
      console.log(`${name}: ${receiver.received()[0]?.body.length} bytes`);
    }
    console.log(`Pictures are in ${folder}`);
  } finally {
    await browser.close();
    await receiver.close();
  }
}

async function draw(
  browser: Browser,
  url: string,
  file: string,
  view: (typeof views)[number],
  theme: 'light' | 'dark',
) {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    deviceScaleFactor: view.scale,
    colorScheme: theme,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('.card').screenshot({ path: join(folder, file) });
  await context.close();
}

await drawCards(process.argv.slice(2));
