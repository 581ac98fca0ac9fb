import type { Hunt } from '../domain/hunting/hunt.ts';

/** Gives hunts what they were compiled to. Throws one error that lists, a line each, the hunts for which there is none. */
export type HuntCompiler = (hunts: readonly Hunt[]) => Promise<Hunt[]>;
