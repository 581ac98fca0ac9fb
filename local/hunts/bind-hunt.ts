import { schemaOf } from 'kql-workspace/documented-columns.ts';
import { diagnosticsOf, parse } from 'kql-workspace/parse.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import { planWindow } from '../../functions/domain/hunting/window.ts';
import { buildQueries } from '../../functions/domain/kql/build-queries.ts';
import { fillPlaceholders } from './compile/placeholders.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * What Microsoft's binder says of the hunt's query behind its prelude; lines count in the query. The query is to run in one of the flavours: what only the
 * other has against it is a warning.
 */
export function bindHunt(hunt: Hunt): { errors: string[]; warnings: string[] } {
  const window = planWindow({
    query: fillPlaceholders(hunt.query).text,
    defaultLookbackMs: DAY_MS,
    maxLookbackMs: 30 * DAY_MS,
    // A run after an outage of ten days: what says whether the query's own window can be widened.
    watermark: new Date(Date.now() - 10 * DAY_MS),
    now: new Date(),
  });
  const { withExclusions, problems } = buildQueries({ hunt, exclusions: [], window });
  const preludeLines = withExclusions.split('\n').length - window.query.split('\n').length;
  const flavours = (['log-analytics', 'defender-xdr'] as const).filter((flavour) =>
    hunt.tables.every((table) => schemaOf(flavour).has(table)),
  );
  const found = flavours.flatMap((flavour) =>
    diagnosticsOf(withExclusions, parse(withExclusions, schemaOf(flavour))).map(
      ({ severity, message, line, column }) => ({
        flavour,
        severity,
        message: `${hunt.file}: line ${line - preludeLines}, column ${column} of the query: ${message}`,
      }),
    ),
  );
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
      ...problems,
      ...window.problems.map((problem) => `${hunt.file}: ${problem}`),
      ...(flavours.length === 0
        ? [`${hunt.file}: not bound: no list of columns has all of ${hunt.tables.join(', ')}`]
        : []),
    ],
  };
}
