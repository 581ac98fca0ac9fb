import { schemaOf } from 'kql-workspace/documented-columns.ts';
import { diagnosticsOf, parse } from 'kql-workspace/parse.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import { defaultIdentity } from '../../functions/domain/hunting/sighting.ts';
import { planWindow } from '../../functions/domain/hunting/window.ts';
import { buildQueries } from '../../functions/domain/kql/build-queries.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What Microsoft's binder says of the hunt's query behind its prelude; lines count in the query. */
export function bindHunt(hunt: Hunt): { errors: string[]; warnings: string[]; identity: string[] } {
  const window = planWindow({
    query: hunt.query,
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
  const said = (isError: boolean): string[] =>
    [
      ...Map.groupBy(
        found.filter(({ severity }) => (severity === 'Error') === isError),
        ({ message }) => message,
      ),
    ].map(([message, each]) =>
      each.length < flavours.length
        ? `${message} (in the tables of ${each.map(({ flavour }) => flavour).join()})`
        : message,
    );
  const errors = said(true);
  const result = parse(withExclusions, schemaOf(flavours[0] ?? 'log-analytics')).resultType;
  const columns = result?.kind === 'table' ? [...result.columns] : [];
  const names = columns.map(({ name }) => name);
  const identity = hunt.identity ?? defaultIdentity(columns);
  const missing = identity.filter((name) => !names.includes(name));
  if (errors.length === 0 && flavours.length > 0) {
    if (missing.length > 0)
      errors.push(
        `${hunt.file}: identity: the query returns no column ${missing.join(', ')}; it returns ${names.join(', ')}`,
      );
    if (identity.length === 0)
      errors.push(
        `${hunt.file}: the query returns no text column, so all its rows would be one thing; name an identity`,
      );
  }
  return {
    errors,
    warnings: [
      ...said(false),
      ...problems,
      ...window.problems.map((problem) => `${hunt.file}: ${problem}`),
      ...(flavours.length === 0
        ? [`${hunt.file}: not bound: no list of columns has all of ${hunt.tables.join(', ')}`]
        : []),
    ],
    identity,
  };
}
