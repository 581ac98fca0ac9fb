import { z } from 'zod';
import type { EntityColumn, EntityKind } from './entities.ts';

/**
 * Identifiers of Sentinel's entity types whose value alone names an entity; a host is not among them where it is the device of a row, by which memory is ordered.
 * https://learn.microsoft.com/azure/sentinel/entities-reference
 */
const identifiers: Readonly<Record<string, { kind: EntityKind; names: readonly string[] }>> = {
  account: {
    kind: 'account',
    names: ['FullName', 'Name', 'UPN', 'AadUserId', 'Sid', 'ObjectGuid', 'DisplayName'],
  },
  host: { kind: 'host', names: ['FullName', 'HostName', 'NetBiosName', 'AzureID', 'OMSAgentID'] },
  ip: { kind: 'address', names: ['Address'] },
  url: { kind: 'url', names: ['Url'] },
  dns: { kind: 'domain', names: ['DomainName'] },
  filehash: { kind: 'hash', names: ['Value'] },
  file: { kind: 'file', names: ['Name'] },
  mailbox: { kind: 'mailbox', names: ['MailboxPrimaryAddress', 'Upn'] },
  cloudapplication: { kind: 'app', names: ['Name', 'AppId'] },
  azureresource: { kind: 'resource', names: ['ResourceId'] },
};

const mappingSchema = z.object({
  entityType: z.string(),
  fieldMappings: z.array(z.object({ identifier: z.string(), columnName: z.string() })),
});

/** The columns that a hunt's `entityMappings` name; what is not understood is left out, since it only says what a row is about. */
export function mappedEntities(mappings: unknown): EntityColumn[] {
  const all = Array.isArray(mappings) ? mappings : [];
  return all.flatMap((one) => {
    const mapping = mappingSchema.safeParse(one).data;
    const known = mapping && identifiers[mapping.entityType.toLowerCase().replace(/\s/g, '')];
    if (!mapping || !known) return [];
    return mapping.fieldMappings.flatMap(({ identifier, columnName }) =>
      known.names.some((name) => name.toLowerCase() === identifier.toLowerCase()) &&
      !['DeviceId', 'DeviceName'].includes(columnName)
        ? [{ column: columnName, kind: known.kind }]
        : [],
    );
  });
}
