import { z } from 'zod';
import type { Hunt } from '../../hunting/hunt.ts';

/** A moment. */
export const isoDate = z.iso.datetime({ offset: true });

/** Of a message. */
export const messageId = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9._-]+$/, 'only letters, digits, dot, underscore and hyphen')
  .meta({ description: 'Stable: a repeat carries the same id, so a receiver can drop it.' });

/** Of every message. */
export const envelope = {
  id: messageId,
  createdAt: isoDate,
};

/** Of every message about one hunt on one workspace. */
export const scope = {
  hunt: z.strictObject({
    id: z.string().min(1),
    name: z.string().min(1),
    description: z.string(),
    file: z.string().optional().meta({ description: 'Path of its file: hunts/addigy.yaml.' }),
    tactics: z.array(z.string()).meta({ description: "In Sentinel's spelling: CommandAndControl." }),
    techniques: z.array(z.string()).meta({ description: 'ATT&CK ids: T1219.' }),
  }),
  workspace: z.strictObject({ id: z.string().min(1), name: z.string().optional() }),
};

/** A span of time. */
export const windowSchema = z.strictObject({ from: isoDate, to: isoDate });

/** Pages of the portal. No other site can be linked to: they stand on cards. */
const portalUrl = z.url({ protocol: /^https$/, hostname: /^portal\.azure\.(com|us|cn)$/ });
/** Pages about a run. */
export const links = {
  queryUrl: portalUrl.optional().meta({ description: 'The query of this run in Log Analytics.' }),
  runUrl: portalUrl.optional().meta({ description: "The run in the hunter's telemetry." }),
  historyUrl: portalUrl
    .optional()
    .meta({ description: 'All that was told of the devices of this run, in the telemetry.' }),
};

/** How many. */
export const count = z.int().nonnegative();

/** A hunt as messages tell it. */
export function huntOf({
  id,
  name,
  description,
  file,
  tactics,
  techniques,
}: Hunt): z.infer<typeof scope.hunt> {
  return { id, name, description, file, tactics, techniques };
}
