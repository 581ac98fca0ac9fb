import type { CompiledHunt } from '../../functions/domain/hunting/compiled-hunt.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import { defaultIdentity, labelsOf } from '../../functions/domain/hunting/sighting.ts';
import { isVolatile } from './mix.ts';
import type { Flow, Value } from './values.ts';

type Columns = CompiledHunt['columns'];

/** What makes two rows of a hunt the same thing, and what is wrong with what it names. */
export interface Identity {
  identity: CompiledHunt['identity'];
  labels: CompiledHunt['labels'];
  /** Each without the file's name. */
  errors: string[];
}

/** The columns that a hunt names, or else its text columns without labels, and without what an aggregation chose anew each time. */
export function identityOf(hunt: Hunt, columns: Columns, open: boolean, result: Flow): Identity {
  return hunt.identity
    ? declaredIdentity(hunt.identity, hunt.identityTypes ?? {}, columns, open, result)
    : usualIdentity(columns, open, result);
}

function usualIdentity(columns: Columns, open: boolean, { columns: values }: Flow): Identity {
  const names = defaultIdentity(columns);
  const lasting = names.filter((name) => !isVolatile(values.get(name)));
  const chosen = lasting.length > 0 ? lasting : names;
  const identity = columns.filter(({ name }) => chosen.includes(name));
  const labels = labelsOf(columns).map(([name, of]) => ({ name, of }));
  const none = open
    ? 'identity: what the query returns is not known; name the columns that make two rows the same thing, each with its type (DeviceId: string)'
    : 'the query returns no text column, so all its rows would be one thing; name an identity';
  return {
    identity,
    labels: labels.filter(({ of }) => chosen.includes(of)),
    errors: identity.length > 0 ? [] : [none],
  };
}

/** Two rows of these types that mean the same can differ, or have no text of their own. */
const NO_IDENTITY: Readonly<Record<string, string>> = {
  datetime: 'is a time',
  timespan: 'is a span of time',
  dynamic: 'is dynamic; make text of the part that counts (tostring(…))',
  real: 'is a fraction',
  decimal: 'is a fraction',
};

/** What an aggregation picked may be meant; its author knows. */
function whyNot(value: Value | undefined): string | undefined {
  if (value?.kind === 'aggregate') return 'counts or collects rows';
  return value?.kind !== 'picked' && isVolatile(value)
    ? "is made of times that aren't the same at each run"
    : undefined;
}

function declaredIdentity(
  names: readonly string[],
  types: NonNullable<Hunt['identityTypes']>,
  columns: Columns,
  open: boolean,
  result: Flow,
): Identity {
  const errors: string[] = [];
  const identity = names.flatMap((name): Columns => {
    const column = columns.find((one) => one.name === name);
    const type = column && column.type !== 'unknown' ? column.type : types[name];
    if (!type) {
      errors.push(
        column || open
          ? `identity: the type of ${name} is not known; write it behind the name (${name}: string)`
          : `identity: the query returns no column ${name}; it returns ${columns.map((one) => one.name).join(', ')}`,
      );
      return [];
    }
    const why = NO_IDENTITY[type] ?? whyNot(result.columns.get(name));
    if (why !== undefined)
      errors.push(`identity: ${name} ${why}, so the same thing would be new at each run`);
    return [{ name, type }];
  });
  if (names.length === 1 && names[0] === 'ReportId')
    errors.push(
      'identity: ReportId is a counter that repeats; it names an event only with the device and the time',
    );
  return { identity, labels: [], errors };
}
