import type { Finding, FindingKind } from '../hunting/finding.ts';
import type { DescribedEntry, Linked, Sentence } from './described-message.ts';
import type { FindingsMessage } from './kinds/findings-message.ts';
import { number, quantity } from './quantity.ts';
import { showText } from './show-text.ts';

const MAX_DETAILS = 7;

const kindNames: Record<FindingKind, string> = {
  'new-device': 'New device',
  'new-activity': 'New activity',
  returned: 'Returned',
  unhidden: 'No longer hidden',
};

/**
 * Columns that tell an analyst most, in this order; of several names for one thing the first that has a value counts.
 * In lower case, and standing for their plurals too: hunts collect `CommandLines` with `make_set`.
 */
const telling: { label: string; columns: string[]; limit: number }[] = [
  { label: 'URL', columns: ['remoteurl', 'url'], limit: 200 },
  { label: 'IP', columns: ['remoteip', 'destinationip', 'ipaddress', 'ip'], limit: 80 },
  { label: 'Process', columns: ['initiatingprocessfilename', 'processname', 'process'], limit: 80 },
  {
    label: 'Command',
    columns: ['initiatingprocesscommandline', 'processcommandline', 'commandline'],
    limit: 200,
  },
  {
    label: 'Account',
    columns: [
      'accountupn',
      'initiatingprocessaccountupn',
      'accountname',
      'initiatingprocessaccountname',
      'userprincipalname',
      'account',
      'user',
    ],
    limit: 80,
  },
  { label: 'File', columns: ['filename'], limit: 80 },
  { label: 'Folder', columns: ['folderpath', 'initiatingprocessfolderpath'], limit: 120 },
  { label: 'SHA-256', columns: ['sha256', 'initiatingprocesssha256'], limit: 64 },
];
const deviceColumns = ['deviceid', 'devicename', 'computer', 'hostname'];

/** One finding as people read it: device, what the row says with the telling columns first, when. */
export function describeFinding(finding: Finding, messageKind: FindingsMessage['kind']): DescribedEntry {
  const device = describeDevice(finding.device);
  return {
    ...(messageKind === 'findings' && { kind: { kind: finding.kind, name: kindNames[finding.kind] } }),
    ...(device && { title: device }),
    details: detailsOf(finding),
    lines: [
      describeSeen(finding),
      ...(finding.late ? [['Reached the workspace late, after a run had looked at that time']] : []),
    ],
  };
}

function describeDevice(device: Finding['device']): Linked | undefined {
  const text = device?.name || device?.id;
  if (!text) return undefined;
  const url = defenderPage(device?.id);
  return { text: showText(text, 80), ...(url !== undefined && { url }) };
}

/** Defender for Endpoint's device ids are SHA-1 hashes in hex: nothing else becomes part of a link. */
function defenderPage(id: string | undefined): string | undefined {
  return id !== undefined && /^[0-9a-f]{40}$/i.test(id)
    ? `https://security.microsoft.com/machines/${id}`
    : undefined;
}

/** The telling columns, then the rest of the identity: whatever the hunt, what makes the finding the thing it is can be read. */
function detailsOf({ identity, row }: Finding): { label: string; value: string }[] {
  const cells = new Map(
    Object.entries({ ...row, ...identity }).map(([column, cell]) => [column.toLowerCase(), cellText(cell)]),
  );
  const shown = new Set(deviceColumns);
  const details = telling.flatMap(({ label, columns, limit }) => {
    const names = columns.flatMap((column) => [column, `${column}s`]);
    for (const name of names) shown.add(name);
    const text = names.map((name) => cells.get(name)).find((cell) => cell);
    return text ? [{ label, value: showText(text, limit) }] : [];
  });
  for (const [column, value] of Object.entries(identity)) {
    if (value === '' || shown.has(column.toLowerCase())) continue;
    details.push({ label: showText(column, 40), value: showText(value, 120) });
  }
  const left = details.length - MAX_DETAILS;
  return left > 0
    ? [
        ...details.slice(0, MAX_DETAILS),
        { label: 'More', value: `${quantity(left, 'column')} in the run report` },
      ]
    : details;
}

/** A dynamic cell that is a list, as `make_set` gives, reads as one. */
function cellText(cell: Finding['row'][string]): string {
  if (cell === null) return '';
  const list: unknown = typeof cell === 'string' && cell.startsWith('[') ? parseJson(cell) : undefined;
  return Array.isArray(list)
    ? list.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(', ')
    : String(cell);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const MINUTE_MS = 60_000;

function describeSeen(finding: Finding): Sentence {
  const first = new Date(finding.firstSeen);
  const last = new Date(finding.lastSeen);
  const times =
    finding.count === undefined ? '' : `, ${finding.count === 1 ? 'once' : `${number(finding.count)} times`}`;
  const span: Sentence =
    last.getTime() - first.getTime() < MINUTE_MS
      ? ['Seen ', first, times]
      : ['Seen ', first, ' to ', last, times];
  return finding.previouslySeen === undefined
    ? span
    : [...span, '; before that last ', new Date(finding.previouslySeen)];
}
