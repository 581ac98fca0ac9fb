export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

/** A function's argument, evaluated only when the function asks for it: of `if` one branch alone counts. */
export type Argument = (locals?: Record<string, Value>) => Value;

/** What the functions of an expression look up in the template around it. */
export interface Surroundings {
  subscriptionId: string;
  resourceGroup?: string;
  parameter(name: string): Value;
  variable(name: string): Value;
  /** The state of a resource or module, by symbolic name or resource id. */
  reference(name: string): Value;
  copyIndex(loop?: string): number;
}

/** Marks an object some of whose members only Azure knows, with its path. */
export const RUNTIME = '‹runtime›';

export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`not a text: ${JSON.stringify(value)}`);
}

export function toList(value: Value): Value[] {
  if (!Array.isArray(value)) throw new Error(`not an array: ${JSON.stringify(value)}`);
  return value;
}

export function toObject(value: Value): Record<string, Value> {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new Error(`not an object: ${JSON.stringify(value)}`);
  return value;
}
