import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTRACT_FILE, webhookContract } from '../building/webhook-contract.ts';

await writeFile(join(import.meta.dirname, '../..', CONTRACT_FILE), webhookContract());
