import { table } from 'table';
import type { Finding } from '../../functions/domain/hunting/finding.ts';
import type { RunReport } from '../../functions/domain/hunting/report.ts';
import { showText } from '../../functions/domain/messages/show-text.ts';
import { minute, number, type Paint } from './written-values.ts';

const MAX_FINDINGS = 50;
/** A cell wraps; these keep it to about three lines. */
const MAX_DEVICE = 64;
const MAX_WHAT = 90;

/** A run's findings as a table of that width. */
export function findingsOf({ findings, window }: RunReport, width: number, paint: Paint): string[] {
  if (findings.length === 0) return window ? ['', '  Nothing new.'] : [];
  const [kind, time, count] = [12, 11, 7];
  const free = width - kind - 2 * time - count - 6 * 2;
  const device = Math.floor(free * 0.42);
  const rows = findings
    .slice(0, MAX_FINDINGS)
    .map((finding) => [
      paint(finding.kind === 'unhidden' ? 'yellow' : 'red', finding.kind),
      showText(finding.device?.name ?? finding.device?.id ?? '(no device)', MAX_DEVICE),
      showText(whatOf(finding), MAX_WHAT),
      minute(finding.firstSeen).slice(5),
      minute(finding.lastSeen).slice(5),
      finding.count === undefined ? '' : number(finding.count),
    ]);
  const head = ['KIND', 'DEVICE', 'WHAT', 'FIRST SEEN', 'LAST SEEN', 'COUNT'].map((name) =>
    paint('dim', name),
  );
  const text = table([head, ...rows], {
    columns: [
      { width: kind },
      { width: device },
      { width: free - device },
      { width: time },
      { width: time },
      { width: count, alignment: 'right' },
    ],
    columnDefault: { paddingLeft: 2, paddingRight: 0 },
    drawHorizontalLine: () => false,
    drawVerticalLine: () => false,
  });
  const more = findings.length - MAX_FINDINGS;
  return [
    '',
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd()),
    ...(more > 0 ? [paint('dim', `  and ${number(more)} more`)] : []),
  ];
}

/** The identity without the device, which has a column of its own. */
function whatOf({ identity, device }: Finding): string {
  const values = Object.values(identity).filter((value) => value !== '' && value !== device?.id);
  return values.join(' · ') || '(nothing but the device)';
}
