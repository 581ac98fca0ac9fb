import { dirname } from 'node:path';

/** The folder that holds `hunts/` and `exclusions/`. */
export const checkout = dirname(import.meta.dirname);
