import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';

/** What the page may load: its own files, and no code of anybody else's. */
export const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};
const modules = join(import.meta.dirname, '../../../node_modules');
const page = join(import.meta.dirname, 'page');
const files: Record<string, { path: string; type: string }> = {
  '/': { path: join(page, 'index.html'), type: 'text/html' },
  '/page.css': { path: join(page, 'page.css'), type: 'text/css' },
  '/page.js': { path: join(page, 'page.js'), type: 'text/javascript' },
  '/render-card.js': { path: join(page, 'render-card.js'), type: 'text/javascript' },
  '/adaptivecards.js': {
    path: join(modules, 'adaptivecards/dist/adaptivecards.min.js'),
    type: 'text/javascript',
  },
  '/markdown-it.js': {
    path: join(modules, 'markdown-it/dist/browser/markdown-it.umd.min.js'),
    type: 'text/javascript',
  },
};

/** Sends a file of the page, by its path in the address; 404 for any other. */
export async function showFile(pathname: string, response: ServerResponse): Promise<void> {
  const file = files[pathname];
  if (!file) response.writeHead(404).end();
  else
    response
      .writeHead(200, { ...pageHeaders, 'content-type': `${file.type}; charset=utf-8` })
      .end(await readFile(file.path));
}
