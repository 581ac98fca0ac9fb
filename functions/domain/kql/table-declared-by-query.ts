import type { Hunt } from '../hunting/hunt.ts';
import { codeOf, offsetOfLet } from './kql-code.ts';

/** A `let` of the query with the name of one of its tables: it would clash with the prelude's (KS201). */
export function tableDeclaredByQuery(
  hunt: Pick<Hunt, 'tables' | 'query'>,
): { line: number; message: string } | undefined {
  const code = codeOf(hunt.query);
  for (const table of hunt.tables) {
    const offset = offsetOfLet(code, table);
    if (offset === undefined) continue;
    const line = code.slice(0, offset).split('\n').length;
    return {
      line,
      message: `line ${line} of the query declares 'let ${table}', the name of its table; rename that variable, so that exclusions can act on the table.`,
    };
  }
  return undefined;
}
