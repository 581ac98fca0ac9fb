import { type Browser, chromium } from 'playwright-core';

/**
 * A headless Chromium that npm alone brings: nothing has to be installed on the machine.
 *
 * The package brings the libraries that Chromium needs as well, but unpacks them only where it believes to be on AWS Lambda. Its own flags are for Lambda too and turn
 * web security off, so they are not used; the sandbox needs privileges that containers lack, and only our own pages are opened.
 */
export async function openBrowser(): Promise<Browser> {
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs22.x';
  const { default: packaged } = await import('@sparticuz/chromium');
  return chromium.launch({ executablePath: await packaged.executablePath(), args: ['--no-sandbox'] });
}
