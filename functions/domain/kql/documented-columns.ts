import type { Hunt } from '../hunting/hunt.ts';

/** A hunt's tables bring their lists with them: the app has none of its own, which would be half a megabyte. */
type Reader = Pick<Hunt, 'compiled'>;

const read = new Map<string, ReadonlyMap<string, string>>();

/**
 * Column → KQL type of a table of the hunt as Microsoft documents it, in either flavour; undefined for a table that no list has.
 * Where the flavours disagree (`AdditionalFields` is a string in one and dynamic in the other) the type is `dynamic`.
 */
export function documentedColumns(
  { compiled }: Reader,
  table: string,
): ReadonlyMap<string, string> | undefined {
  const list = compiled?.documented?.[table];
  if (list === undefined) return undefined;
  const known = read.get(list);
  if (known) return known;
  const columns = new Map(
    list.split(' ').map((column) => {
      const [name = '', type = 'string'] = column.split(':');
      return [name, type] as const;
    }),
  );
  read.set(list, columns);
  return columns;
}

/** Every documented column of the hunts' tables. */
export function allDocumentedColumns(hunts: readonly Reader[]): ReadonlySet<string> {
  return new Set(
    hunts.flatMap((hunt) =>
      Object.keys(hunt.compiled?.documented ?? {}).flatMap((table) => [
        ...(documentedColumns(hunt, table)?.keys() ?? []),
      ]),
    ),
  );
}
