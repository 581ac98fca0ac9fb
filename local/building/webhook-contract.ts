import { z } from 'zod';
import { messageSchema } from '../../functions/domain/messages/message.ts';

/** Where it stands, from the root of the repository. */
export const CONTRACT_FILE = 'docs/webhook.schema.json';

/** What the webhook function accepts, as JSON Schema (draft 2020-12): made from the validator that it uses. */
export function webhookContract(): string {
  const schema = z.toJSONSchema(messageSchema, {
    io: 'input',
    override({ jsonSchema }) {
      // A pattern for what `format` says already.
      if (jsonSchema.format === 'date-time' || jsonSchema.format === 'date') delete jsonSchema.pattern;
    },
  });
  return `${JSON.stringify({ title: 'A message to the webhook function', ...schema }, null, 2)}\n`;
}
