const literalsAndComments =
  /\/\/[^\r\n]*|```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|@"(?:[^"\r\n]|"")*"?|@'(?:[^'\r\n]|'')*'?|"(?:\\.|[^"\\\r\n])*"?|'(?:\\.|[^'\\\r\n])*'?/g;

/**
 * The code of a query, with blanks where its strings and comments are, so that offsets stay. It is enough to look
 * for words in a query; the full grammar is not needed when hunting runs.
 */
export function codeOf(query: string): string {
  return query.replace(literalsAndComments, (text) => text.replace(/[^\r\n]/g, ' '));
}

/** Whether the word stands in code as a whole (not in a string, a comment, or behind a dot). */
export function mentions(code: string, word: string): boolean {
  return offsetOf(code, new RegExp(`(?<![\\w.])${word}(?!\\w)`)) !== undefined;
}

/** Offset of the first `let NAME =` in code, if there is one. */
export function offsetOfLet(code: string, name: string): number | undefined {
  return offsetOf(code, new RegExp(`(?<!\\w)let\\s+${name}\\s*=`));
}

function offsetOf(code: string, pattern: RegExp): number | undefined {
  return pattern.exec(code)?.index;
}
