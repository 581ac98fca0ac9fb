import type { styleText } from 'node:util';
import { showText } from '../../functions/domain/messages/show-text.ts';

/** Sets a text in a colour, where there are colours. */
export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;

/** From data, in a cell of a line. */
export const shown = (text: string) => showText(text, 160);
export const number = (value: number) => value.toLocaleString('en');
/** A time to its minute. */
export const minute = (iso: string) => new Date(iso).toISOString().slice(0, 16).replace('T', ' ');
