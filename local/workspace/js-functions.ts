import { addressFunctions } from './address-functions.ts';
import { calendarFunctions } from './calendar-functions.ts';
import type { JsFunctions } from './js-function.ts';
import { jsonFunctions } from './json-functions.ts';
import { textFunctions } from './text-functions.ts';
import { urlAndPathFunctions } from './url-and-path-functions.ts';

/** Every Kusto function that is written in TypeScript. */
export const jsFunctions: JsFunctions = {
  ...addressFunctions,
  ...calendarFunctions,
  ...jsonFunctions,
  ...textFunctions,
  ...urlAndPathFunctions,
};
