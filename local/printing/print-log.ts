import { styleText } from 'node:util';
import { showText } from '../../functions/domain/messages/show-text.ts';
import type { LogEntry } from '../environment/functions-host.ts';

const formats = { warning: 'yellow', error: 'red', critical: 'red' } as const;

/**
 * What functions and host log, a line for each line of the message: time (UTC), function, text. Text from data is made harmless like
 * everywhere. Undefined for what a person does not want to read: the library's own chatter below a warning.
 */
export function printLog(
  { level, category, functionName, message }: LogEntry,
  { at, colour }: { at: Date; colour: boolean },
): string | undefined {
  if (category !== 'user' && !(level in formats)) return undefined;
  const time = at.toISOString().slice(11, 19);
  const format = level in formats ? formats[level as keyof typeof formats] : 'dim';
  return message
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => `${time} ${functionName ?? 'functions'}  ${showText(line, 1_000)}`)
    .map((line) => (colour ? styleText(format, line, { validateStream: false }) : line))
    .join('\n');
}
