/** DuckDB hands on an error of a function as text alone, so where the call stands in the query travels in it. */

const PLACE = / @@(\d+)\s*$/;

/** The message with a place, in characters from the beginning of the query. */
export function withPlace(message: string, offset: number): string {
  return `${message} @@${offset}`;
}

/** What DuckDB made of such a message: the message as it was, and the place; without a place, the text as it is. */
export function placeIn(text: string): { readonly message: string; readonly offset?: number } {
  const offset = PLACE.exec(text)?.[1];
  return offset === undefined
    ? { message: text }
    : { message: text.replace(PLACE, '').replace(/^Invalid Input Error: /, ''), offset: Number(offset) };
}
