import { convert, parseJson, toText } from '../values/convert.ts';
import type { ScalarType } from '../values/scalar-types.ts';
import { argument, type Functions } from './call.ts';

const conversions: Readonly<Record<string, ScalarType>> = {
  tobool: 'bool',
  toboolean: 'bool',
  todatetime: 'datetime',
  todecimal: 'decimal',
  todouble: 'real',
  toguid: 'guid',
  toint: 'int',
  tolong: 'long',
  toreal: 'real',
  totime: 'timespan',
  totimespan: 'timespan',
};

/** Functions that convert between types. */
export const functionsOfConversion: Functions = {
  ...Object.fromEntries(
    Object.entries(conversions).map(([name, type]) => [
      name,
      (call: Parameters<Functions[string]>[0]) => convert(argument(call, 0), type),
    ]),
  ),
  new_guid: () => ({ sql: 'CAST(uuid() AS VARCHAR)', type: 'guid', nullable: false }),
  tostring: (call) => toText(argument(call, 0)),
  parsejson: (call) => parseJson(argument(call, 0)),
  parse_json: (call) => parseJson(argument(call, 0)),
  todynamic: (call) => parseJson(argument(call, 0)),
  toobject: (call) => parseJson(argument(call, 0)),
};
