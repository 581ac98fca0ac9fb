import { join } from 'node:path';

/** The folder that holds `hunts/` and `exclusions/`. */
export const checkout = join(import.meta.dirname, '../..');
