/** Writes `device-network-events.csv` anew: `node local/environment/sample-events/write-sample.ts`, after a change of the generator. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { committedSample } from './committed-sample.ts';

await writeFile(join(import.meta.dirname, 'device-network-events.csv'), committedSample());
