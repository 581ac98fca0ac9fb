import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';

/** npm runs scripts in the project's folder, wherever they were asked for. */
export function fromWhereYouAre(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}

export function toDate(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('That is no ISO 8601 time, like 2026-06-05T12:00:00Z.');
  return date;
}
