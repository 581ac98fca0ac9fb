import { WORD } from './regex-escapes.ts';

/** A marked text has a mark behind each character, which says whether a word character follows. */

/** What stands for "a word character follows" and "none follows" in a marked text: code points that no text has. */
export const MARKS = { word: '\uFDD1', other: '\uFDD0' } as const;

/** A mark in a pattern. */
export const MARK = '[\\x{FDD0}\\x{FDD1}]';
/** A match begins behind a mark, never between a character and its mark. */
export const ALIGNED = `(?<=${MARK})`;
const [FOLLOWED, UNFOLLOWED] = ['\\x{FDD1}', '\\x{FDD0}'];
const START = `(?<=[^${WORD}]${FOLLOWED}|\\A${FOLLOWED})`;
const END = `(?<=[${WORD}]${UNFOLLOWED})`;
const WITHIN = `(?<=[${WORD}]${FOLLOWED}|[^${WORD}]${UNFOLLOWED}|\\A${UNFOLLOWED})`;

/** The edges of words in a marked text, by what stands behind the backslash. */
export const MARKED_EDGES: Readonly<Record<string, string>> = {
  b: `(?:${START}|${END})`,
  B: WITHIN,
  '<': START,
  '>': END,
};
