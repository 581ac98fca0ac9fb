import type { Value } from './make-row.ts';
import type { Random } from './random.ts';

/** What an event says of the process behind it and of the connection, beside when, where and what it is about. */
export type Facts = Record<string, Value>;

export function connection(random: Random): Facts {
  return {
    ActionType: random.pick(['ConnectionSuccess', 'ConnectionSuccess', 'ConnectionAttempt']),
    RemoteIP: `192.0.2.${random.between(1, 254)}`,
    RemoteIPType: 'Public',
    RemotePort: 443,
    LocalIP: `10.20.${random.between(0, 3)}.${random.between(2, 254)}`,
    LocalIPType: 'Private',
    LocalPort: random.between(49_152, 65_535),
    Protocol: 'Tcp',
  };
}

/** Defender gives paths on macOS in lower case and knows no company name for most files there. */
export function macProcess(random: Random, name: string, path = `/Library/Addigy/${name}`): Facts {
  return {
    ...file(random),
    InitiatingProcessFileName: name,
    InitiatingProcessFolderPath: path.toLowerCase(),
    InitiatingProcessCommandLine: path,
    InitiatingProcessAccountName: 'root',
    InitiatingProcessAccountDomain: '',
    InitiatingProcessParentFileName: 'launchd',
    InitiatingProcessParentId: 1,
    InitiatingProcessVersionInfoCompanyName: null,
    AdditionalFields: '{"PosixEffectiveUserId":0}',
  };
}

export function windowsProcess(random: Random, name: string, company: string | null = null): Facts {
  return {
    ...file(random),
    InitiatingProcessFileName: name,
    InitiatingProcessFolderPath: `c:\\program files\\${name.toLowerCase()}`,
    InitiatingProcessCommandLine: `"${name}" /background`,
    InitiatingProcessAccountName: 'system',
    InitiatingProcessAccountDomain: 'nt authority',
    InitiatingProcessParentFileName: 'services.exe',
    InitiatingProcessParentId: random.between(300, 2_000),
    InitiatingProcessIntegrityLevel: 'System',
    InitiatingProcessTokenElevation: 'TokenElevationTypeDefault',
    InitiatingProcessVersionInfoCompanyName: company,
    AdditionalFields: null,
  };
}

function file(random: Random): Facts {
  return {
    InitiatingProcessId: random.between(300, 60_000),
    InitiatingProcessSHA1: random.hex(40),
    InitiatingProcessSHA256: random.hex(64),
    InitiatingProcessFileSize: random.between(100_000, 40_000_000),
  };
}
