/** Alphabetic, marks, decimal digits, connectors and joiners; the ranges are the letters in circles and squares. */
export const WORD =
  '\\p{L}\\p{Nl}\\p{M}\\p{Nd}\\p{Pc}\\x{200C}\\x{200D}\\x{24B6}-\\x{24E9}\\x{1F130}-\\x{1F149}\\x{1F150}-\\x{1F169}\\x{1F170}-\\x{1F189}';
/** White space. */
export const SPACE =
  '\\t\\n\\v\\f\\r \\x{85}\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}';

/** The character as a pattern that matches it alone, inside a class or out. */
export function literal(character: string): string {
  if (/^[0-9A-Za-z_ ]$/.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  return code > 0x20 && code < 0x7f ? `\\${character}` : `\\x{${code.toString(16).toUpperCase()}}`;
}

/** A code point that an escape names by its number, without the backslash. */
export function codePoint(rest: string): { readonly length: number; readonly source: string } | undefined {
  const code =
    /^x\{([0-9a-f]+)\}|^x([0-9a-f]{2})|^u\{([0-9a-f]+)\}|^u([0-9a-f]{4})|^U\{([0-9a-f]+)\}|^U([0-9a-f]{8})/i.exec(
      rest,
    );
  const digits = code?.slice(1).find((each) => each !== undefined);
  return code && digits ? { length: code[0].length, source: `\\x{${digits}}` } : undefined;
}

/** A general category by its short name. */
export function propertyOf(rest: string): { readonly length: number; readonly source: string } | undefined {
  const found = /^([pP])(?:\{(\^?)([A-Z][a-z]?)\}|([A-Z]))/.exec(rest);
  if (!found) return undefined;
  const [all, letter = 'p', not, long, short] = found;
  const kind = not ? (letter === 'p' ? 'P' : 'p') : letter;
  return { length: all.length, source: `\\${kind}{${long ?? short}}` };
}
