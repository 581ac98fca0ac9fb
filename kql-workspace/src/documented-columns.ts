import type { DatabaseSchema } from './language-service.ts';
import defenderXdr from './schema/defender-xdr.json' with { type: 'json' };
import logAnalytics from './schema/log-analytics.json' with { type: 'json' };
import { type ScalarType, toScalarType } from './values/scalar-types.ts';

type Tables = Readonly<Record<string, Readonly<Record<string, string>>>>;

const flavours: Readonly<Record<'log-analytics' | 'defender-xdr', Tables>> = {
  'log-analytics': logAnalytics,
  'defender-xdr': defenderXdr,
};

const schemas = new Map<string | Tables, DatabaseSchema>();

/** The tables of a documented flavour, or the given ones, as the binder wants them; the same object every time. */
export function schemaOf(schema: 'log-analytics' | 'defender-xdr' | Tables): DatabaseSchema {
  const known = schemas.get(schema);
  if (known) return known;
  const tables = typeof schema === 'string' ? flavours[schema] : schema;
  const built = new Map(
    Object.entries(tables).map(([table, columns]) => [
      table,
      Object.entries(columns).map(([name, type]) => ({ name, type: toScalarType(type) })),
    ]),
  );
  schemas.set(schema, built);
  return built;
}

/** The tables that Log Analytics documents, with their columns. */
export function documentedTables(): ReadonlyMap<string, readonly { name: string; type: ScalarType }[]> {
  return new Map(
    Object.entries(logAnalytics).map(([table, columns]) => [
      table,
      Object.entries(columns).map(([name, type]) => ({ name, type: toScalarType(type) })),
    ]),
  );
}

/** The documented type of a column: Log Analytics' word first, else Defender's; undefined when neither has it. */
export function documentedType(table: string, column: string): ScalarType | undefined {
  for (const flavour of [flavours['log-analytics'], flavours['defender-xdr']]) {
    const type = flavour[table]?.[column];
    if (type !== undefined) return toScalarType(type);
  }
  return undefined;
}
