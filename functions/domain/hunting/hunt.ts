import { createHash } from 'node:crypto';
import type { CompiledHunt } from './compiled-hunt.ts';
import type { EntityColumn } from './entities.ts';

/** One hunting query with its metadata, as read from a Sentinel hunting-query YAML file. */
export interface Hunt {
  /** The GUID that Microsoft's format asks for. */
  id: string;
  name: string;
  description: string;
  /** Path of the file as the user knows it (`hunts/addigy.yaml`), for messages. */
  file: string;
  version?: string;
  /** ATT&CK tactics in Sentinel's spelling, for example `CommandAndControl`. */
  tactics: string[];
  /** ATT&CK technique ids, for example `T1219`. */
  techniques: string[];
  /** Tables that the metadata names (`requiredDataConnectors[].dataTypes`), without repeats; where it names none of those that the query reads, these. */
  tables: string[];
  /** Columns that make two sightings the same thing, where the hunt names its own. */
  identity?: string[];
  /** Their Kusto types, where the hunt says them: for columns that the binder can't know. */
  identityTypes?: Readonly<Record<string, CompiledHunt['identity'][number]['type']>>;
  /** Columns that name an entity, as the hunt's `entityMappings` say it. */
  entities?: readonly EntityColumn[];
  /** How far back the query looks, where the hunt says so. */
  lookbackMs?: number;
  /** The query as it stands in the file, never edited. */
  query: string;
  /** What the query looks at and returns; absent until the hunt is compiled, and then it can't be run. */
  compiled?: CompiledHunt;
}

/** A hunt was not compiled, so nothing is known of what it looks at. */
export class NotCompiled extends Error {}

/** @throws NotCompiled */
export function compiledOf({ file, compiled }: Pick<Hunt, 'file' | 'compiled'>): CompiledHunt {
  if (!compiled)
    throw new NotCompiled(`${file} has not been compiled, so it is not run: build the app again`);
  return compiled;
}

/**
 * The hunt with what it was compiled to. Where its metadata names no table, or none that the query reads, its tables are those that it reads: exclusions act
 * on them.
 */
export function withCompilation(hunt: Hunt, compiled: CompiledHunt): Hunt {
  const read = compiled.tables.filter(({ shadowed }) => shadowed).map(({ name }) => name);
  const named = hunt.tables.some((table) => compiled.tables.some(({ name }) => name === table));
  return { ...hunt, ...(!named && { tables: read }), compiled };
}

/** By id, by name, or by the name of its file without its ending. */
export function answersTo(hunt: Pick<Hunt, 'id' | 'name' | 'file'>, name: string): boolean {
  const file = hunt.file.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/i, '');
  return [hunt.id, hunt.name, file].some((own) => own.toLowerCase() === name.trim().toLowerCase());
}

/** What a compiled hunt is bound to: whatever of the hunt it was made from. */
export function huntHash({
  query,
  tables,
  identity,
  identityTypes,
  lookbackMs,
  entities,
}: Pick<Hunt, 'query' | 'tables' | 'identity' | 'identityTypes' | 'lookbackMs' | 'entities'>): string {
  // What came later stands at the end, and only where there is some: a hunt without it is what it was.
  const later = entities ? [entities] : [];
  const made = [query, tables, identity ?? null, identityTypes ?? null, lookbackMs ?? null, ...later];
  return createHash('sha256').update(JSON.stringify(made)).digest('hex');
}

/** The hunt on a workspace that lacks tables. */
export function withoutTables(hunt: Hunt, names: readonly string[]): Hunt {
  const compiled = compiledOf(hunt);
  return {
    ...hunt,
    compiled: { ...compiled, tables: compiled.tables.filter(({ name }) => !names.includes(name)) },
  };
}
