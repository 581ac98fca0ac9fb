import { schemaOf } from 'kql-workspace/documented-columns.ts';
import { type DatabaseSchema, tablesNamedIn } from 'kql-workspace/language-service.ts';
import { diagnosticsOf, parse, positionOf } from 'kql-workspace/parse.ts';
import { type Hunt, withoutTables } from '../../functions/domain/hunting/hunt.ts';
import { remarksOn } from '../../functions/domain/hunting/remarks-on.ts';
import { huntedTables } from '../../functions/domain/kql/hunted-tables.ts';
import { codeOf } from '../../functions/domain/kql/kql-code.ts';
import { bindingSchema, logAnalyticsSchema } from '../compiler/compile-hunt.ts';
import { fillPlaceholders } from '../compiler/placeholders.ts';
import { isParser } from '../compiler/sources.ts';
import { presentQueries } from './present-queries.ts';
import { isBehindUnknown, judgeUnknown, nameAt, remedyFor } from './unknown-names.ts';

const flavours = ['log-analytics', 'defender-xdr'] as const;
type Flavour = (typeof flavours)[number];
const named: Readonly<Record<Flavour, string>> = {
  'log-analytics': 'Log Analytics',
  'defender-xdr': 'Defender XDR',
};

/** What Microsoft's binder says of a hunt; each begins with the hunt's file. */
export interface Bound {
  errors: string[];
  warnings: string[];
}

interface Said {
  severity: 'error' | 'warning';
  message: string;
}

/**
 * What Microsoft's binder says of the hunt's query behind its prelude; lines count in the query. The query is to run in one of the flavours: what only the
 * other has against it is a warning. Tables and functions that may be the workspace's own are warnings too. A hunt that could not be compiled has no prelude.
 */
export function bindHunt(hunt: Hunt): Bound {
  const tables = hunt.compiled
    ? hunt.compiled.tables.filter(({ optional }) => !optional).map(({ name }) => name)
    : huntedTables(hunt);
  const asked = flavours.filter((flavour) => tables.every((table) => mayHave(flavour, table)));
  const schemas = asked.length > 0 ? asked.map((flavour) => schemaFor(hunt, flavour)) : [bindingSchema(hunt)];
  const found = schemas.map((schema, index) => ({
    flavour: asked[index] ?? 'defender-xdr',
    said: hear(hunt, schema),
  }));
  const good = found.filter(({ said }) => !said.some(({ severity }) => severity === 'error'));
  const heard = good.length > 0 ? good : found;
  const bad = found.filter((one) => !good.includes(one));
  const each = found.length;
  const errors = good.length > 0 ? [] : merged(found, 'error', each);
  const lines = (messages: readonly string[]) => messages.map((message) => `${hunt.file}: ${message}`);
  return {
    errors: lines(errors),
    warnings: [
      ...lines(merged(heard, 'warning', heard.length)),
      ...lines(good.length > 0 ? bad.map(lacking) : []),
      ...lines(onlyIn(tables, asked)),
      ...(hunt.compiled ? remarksOn(hunt) : []),
    ],
  };
}

/** Without a prelude, whose columns it makes, a query binds to all that either flavour has. */
function schemaFor(hunt: Hunt, flavour: Flavour): DatabaseSchema {
  if (!hunt.compiled) return bindingSchema(hunt);
  return flavour === 'log-analytics' ? logAnalyticsSchema(hunt) : schemaOf(flavour);
}

/** What keeps a hunt from one flavour, when the other takes it. */
function lacking({ flavour, said }: { flavour: Flavour; said: readonly Said[] }): string {
  const [first, ...others] = said.filter(({ severity }) => severity === 'error');
  return `${named[flavour]} would refuse it: ${first?.message}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
}

/** Whether a workspace of this flavour has the table, as far as the lists tell: one that no list has may be anywhere. */
function mayHave(flavour: Flavour, table: string): boolean {
  return schemaOf(flavour).has(table) || !flavours.some((other) => schemaOf(other).has(table));
}

function hear(hunt: Hunt, schema: DatabaseSchema): Said[] {
  const { query } = hunt;
  const { prelude, text } = textOf(hunt, (table) => schema.has(table));
  const preludeLines = prelude.split('\n').length - 1;
  const bound = parse(text, schema);
  const columns = new Set(
    tablesNamedIn(text, schema).flatMap((table) => (schema.get(table) ?? []).map(({ name }) => name)),
  );
  const judged = bound.diagnostics.map((diagnostic) => ({
    diagnostic,
    unknown: judgeUnknown(text, bound, diagnostic),
  }));
  const elsewhere = judged.flatMap(({ diagnostic, unknown }) =>
    unknown?.kind === 'elsewhere' ? [diagnostic.start] : [],
  );
  return judged.flatMap(({ diagnostic, unknown }): Said[] => {
    if (isBehindUnknown(text, diagnostic, elsewhere)) return [];
    const [told] = diagnosticsOf(text, { ...bound, diagnostics: [diagnostic] });
    if (!told || isRepeated(diagnostic, bound.diagnostics)) return [];
    const line = told.line - preludeLines;
    const name = nameAt(text, diagnostic);
    // The prelude names the tables of the query once more, ahead of it.
    const place =
      line < 1 && unknown ? placeOf(name, query) : `line ${line}, column ${told.column} of the query`;
    switch (unknown?.kind) {
      case 'elsewhere':
        return [
          {
            severity: 'warning',
            message: `${place}: ${describeUnknown(name, diagnostic.code)}`,
          },
        ];
      case 'misspelt':
        return [
          {
            severity: 'error',
            message: `${place}: there is no table ${name}; did you mean ${unknown.meant}?`,
          },
        ];
      default:
        return [
          {
            severity: told.severity === 'Error' ? 'error' : 'warning',
            message: `${place}: ${told.message}${remedyFor(text, diagnostic, columns)}`,
          },
        ];
    }
  });
}

function placeOf(name: string, query: string): string {
  const at = codeOf(query).search(new RegExp(`\\b${name.replace(/\W/g, '')}\\b`));
  const { line, column } = positionOf(query, Math.max(at, 0));
  return `line ${line}, column ${column} of the query`;
}

function describeUnknown(name: string, code: string): string {
  // What goes ahead of the query makes a table of any name without parentheses.
  const call =
    code === 'KS204' && !isParser(name) ? '; a function that is saved there is called with ()' : '';
  return /^(FileProfile|DeviceFromIP|SeenBy|AssignedIPAddresses)$/i.test(name)
    ? `${name} is a function of Defender XDR alone`
    : `${name} is in no list of tables and functions; if your workspace has it, all is well, and what comes of it can't be checked here${call}`;
}

/** See `diagnosticsOf`: KS107 beside KS142 at the same place says less. */
function isRepeated(
  { code, start, length }: { code: string; start: number; length: number },
  all: readonly { code: string; start: number; length: number }[],
): boolean {
  return (
    code === 'KS107' &&
    all.some((one) => one.code === 'KS142' && one.start === start && one.length === length)
  );
}

/** Each message once; with its flavour where only one of several has it. */
function merged(
  found: readonly { flavour: Flavour; said: readonly Said[] }[],
  severity: Said['severity'],
  of: number,
): string[] {
  const all = found.flatMap(({ flavour, said }) =>
    said.filter((one) => one.severity === severity).map(({ message }) => ({ flavour, message })),
  );
  return [...Map.groupBy(all, ({ message }) => message)].map(([message, each]) => {
    const where = new Set(each.map(({ flavour }) => flavour));
    return where.size === of
      ? message
      : `${message} (in ${[...where].map((flavour) => named[flavour]).join()})`;
  });
}

function onlyIn(tables: readonly string[], asked: readonly Flavour[]): string[] {
  if (asked.length === 0)
    return [
      `${tables.join(', ')}: some of these are Log Analytics' alone, others Defender XDR's; only a workspace that is connected to Defender XDR has both, there`,
    ];
  return asked.length === 1 && asked[0] === 'defender-xdr'
    ? [`it reads tables that only Defender XDR has; a Log Analytics workspace can't answer it`]
    : [];
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
