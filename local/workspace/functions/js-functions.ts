import { addressFunctions } from './address-functions.ts';
import { arrayFunctions } from './array-functions.ts';
import { bagFunctions } from './bag-functions.ts';
import { calendarFunctions } from './calendar-functions.ts';
import { encodingFunctions } from './encoding-functions.ts';
import type { JsFunctions } from './js-function.ts';
import { setFunctions } from './set-functions.ts';
import { textFunctions } from './text-functions.ts';
import { urlAndPathFunctions } from './url-and-path-functions.ts';

/** Every Kusto function that is written in TypeScript. */
export const jsFunctions: JsFunctions = {
  ...addressFunctions,
  ...calendarFunctions,
  ...arrayFunctions,
  ...bagFunctions,
  ...encodingFunctions,
  ...setFunctions,
  ...textFunctions,
  ...urlAndPathFunctions,
};
