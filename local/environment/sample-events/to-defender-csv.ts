import { stringify } from 'csv-stringify/sync';
import type { Row } from './make-row.ts';

/**
 * Rows of one table as advanced hunting in Defender saves them: comma-separated, a header, US dates to the second in UTC, nulls empty.
 * With the byte order mark and the line ends that spreadsheets on Windows write.
 */
export function toDefenderCsv(rows: Row[]): string {
  return stringify(
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([column, value]) => [
          column,
          column === 'Timestamp' ? usDate(String(value)) : value,
        ]),
      ),
    ),
    { header: true, bom: true, record_delimiter: 'windows' },
  );
}

const parts = new Intl.DateTimeFormat('en-US', {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h12',
  timeZone: 'UTC',
});

/** `6/5/2025, 1:02:03 AM`, of the parts: ICU's own separators change from version to version. */
function usDate(iso: string): string {
  const part = Object.fromEntries(parts.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]));
  return `${part.month}/${part.day}/${part.year}, ${part.hour}:${part.minute}:${part.second} ${part.dayPeriod}`;
}
