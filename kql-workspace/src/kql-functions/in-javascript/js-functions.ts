import { addressFunctions } from './addresses.ts';
import { arrayFunctions } from './arrays.ts';
import { bagFunctions } from './bags.ts';
import { calendarFunctions } from './calendar.ts';
import { encodingFunctions } from './encodings.ts';
import type { JsFunctions } from './js-function.ts';
import { occurrenceFunctions } from './occurrences.ts';
import { patternFunctions } from './patterns.ts';
import { seriesFunctions } from './series.ts';
import { seriesStatistics } from './series-statistics.ts';
import { setFunctions } from './sets.ts';
import { textFunctions } from './texts.ts';
import { timeFormatFunctions } from './time-formats.ts';
import { timeZoneFunctions } from './time-zones.ts';
import { urlAndPathFunctions } from './urls-and-paths.ts';
import { xmlFunctions } from './xml.ts';
import { hashFunctions } from './xxhash.ts';

const functions: JsFunctions = {
  ...addressFunctions,
  ...calendarFunctions,
  ...arrayFunctions,
  ...bagFunctions,
  ...encodingFunctions,
  ...hashFunctions,
  ...occurrenceFunctions,
  ...patternFunctions,
  ...seriesFunctions,
  ...seriesStatistics,
  ...setFunctions,
  ...textFunctions,
  ...timeFormatFunctions,
  ...timeZoneFunctions,
  ...urlAndPathFunctions,
  ...xmlFunctions,
};

/** Old names, which the language still takes. */
const oldNames: Readonly<Record<string, string>> = {
  array_iif: 'array_iff',
  array_strcat: 'strcat_array',
  arraylength: 'array_length',
  datepart: 'datetime_part',
  parseurl: 'parse_url',
  parseurlquery: 'parse_urlquery',
};

/** Every Kusto function that is written in TypeScript. */
export const jsFunctions: JsFunctions = {
  ...functions,
  ...Object.fromEntries(
    Object.entries(oldNames).flatMap(([old, name]) => (functions[name] ? [[old, functions[name]]] : [])),
  ),
};
