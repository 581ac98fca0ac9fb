/**
 * The one place where text becomes part of a SQL statement. Names from queries and files never do: columns get
 * generated identifiers (`c17`), so only string values, patterns and the column names of files pass through here.
 */

/** A SQL string literal. NUL can't stand in DuckDB's SQL text, so it is spliced in with `chr(0)`. */
export function sqlString(text: string): string {
  const parts = text.toWellFormed().split('\0');
  const quoted = parts.map((part) => `'${part.replaceAll("'", "''")}'`);
  return quoted.length === 1 ? quoted.join('') : `(${quoted.join(' || chr(0) || ')})`;
}

/** A quoted SQL identifier: the name of a column in a file. */
export function sqlIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The text as an RE2 pattern that matches just this text. */
export function re2Escape(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\p{L}\p{N}]/gu, (character) =>
      character.length === 1 && character.charCodeAt(0) < 0x80
        ? character.charCodeAt(0) < 0x20 || character === '\x7f'
          ? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
          : `\\${character}`
        : character,
    );
}

/** A JSON pointer to the member `key`, for DuckDB's `json_extract`. */
export function jsonPointer(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
