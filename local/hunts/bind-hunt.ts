import { schemaOf } from 'kql-workspace/documented-columns.ts';
import { diagnosticsOf, parse } from 'kql-workspace/parse.ts';
import { type Hunt, withoutTables } from '../../functions/domain/hunting/hunt.ts';
import { remarksOn } from '../../functions/domain/hunting/remarks-on.ts';
import { bindingSchema } from '../compiler/compile-hunt.ts';
import { fillPlaceholders } from '../compiler/placeholders.ts';
import { presentQueries } from './present-queries.ts';

/**
 * What Microsoft's binder says of the hunt's query behind its prelude; lines count in the query. The query is to run in one of the flavours: what only the
 * other has against it is a warning. A hunt that could not be compiled has no prelude.
 */
export function bindHunt(hunt: Hunt): { errors: string[]; warnings: string[] } {
  const flavours = (['log-analytics', 'defender-xdr'] as const).filter((flavour) =>
    hunt.tables.every((table) => schemaOf(flavour).has(table)),
  );
  const found = flavours.flatMap((flavour) => {
    const schema = schemaOf(flavour);
    const { prelude, text } = textOf(hunt, (table) => schema.has(table));
    const preludeLines = prelude.split('\n').length - 1;
    return diagnosticsOf(text, parse(text, hunt.compiled ? schema : bindingSchema(hunt))).map(
      ({ severity, message, line, column }) => ({
        flavour,
        severity,
        message: `${hunt.file}: line ${line - preludeLines}, column ${column} of the query: ${message}`,
      }),
    );
  });
  const runs = flavours.some(
    (flavour) => !found.some((one) => one.flavour === flavour && one.severity === 'Error'),
  );
  const said = (isError: boolean): string[] =>
    [
      ...Map.groupBy(
        found.filter(({ severity }) => (severity === 'Error' && !runs) === isError),
        ({ message }) => message,
      ),
    ].map(([message, each]) =>
      each.length < flavours.length
        ? `${message} (in the tables of ${each.map(({ flavour }) => flavour).join()})`
        : message,
    );
  return {
    errors: said(true),
    warnings: [
      ...said(false),
      ...(hunt.compiled ? remarksOn(hunt) : []),
      ...(flavours.length === 0
        ? [`${hunt.file}: not bound: no list of columns has all of ${hunt.tables.join(', ')}`]
        : []),
    ],
  };
}

/** A run leaves tables that a fuzzy union can do without out of the prelude where there are none. */
function textOf(hunt: Hunt, has: (table: string) => boolean): { prelude: string; text: string } {
  if (!hunt.compiled) return { prelude: '', text: fillPlaceholders(hunt.query).text };
  const lacking = hunt.compiled.tables.filter(({ name, optional }) => optional && !has(name));
  const there = withoutTables(
    hunt,
    lacking.map(({ name }) => name),
  );
  const { prelude, withExclusions } = presentQueries(there, [], new Date()).queries;
  return { prelude, text: withExclusions };
}
