/** So much text is parsed at once: more saves no time, and memory holds that much beside the rows. */
const BATCH_CHARACTERS = 1 << 20;
/** Text between two rows; whoever writes `],[` into a value only makes a batch longer. */
const BETWEEN_ROWS = '],[';
const MOST_CUTS = 4;

/**
 * Reads the body of a query result while it arrives. The rows of its first table are parsed batch by batch and kept as they are; so neither the whole body
 * nor its text is ever in memory.
 */
export class BodyReader {
  private readonly rows: unknown[] = [];
  /** Up to the first row. */
  private head: string | undefined;
  private pending = '';
  private readonly batch: number;
  private enough: number;

  constructor(batch = BATCH_CHARACTERS) {
    this.batch = batch;
    this.enough = batch;
  }

  push(text: string): void {
    this.pending += text;
    if (this.pending.length < this.enough) return;
    if (this.head === undefined && !this.findHead()) return;
    this.enough = this.batch + (this.takeBatch() ? this.pending.length : 2 * this.pending.length);
  }

  /** `text`: the body without the rows that were taken out, which are `rows`: all but the last of the first table. */
  end(): { text: string; rows: unknown[] } {
    return { text: (this.head ?? '') + this.pending, rows: this.rows };
  }

  /** A quote within a JSON string is escaped, so the first of these is the member of the first table. */
  private findHead(): boolean {
    const at = this.pending.search(/"rows"\s*:\s*\[\s*\[/);
    if (at < 0) return false;
    const start = this.pending.indexOf('[', at) + 1;
    this.head = this.pending.slice(0, start);
    this.pending = this.pending.slice(start);
    return true;
  }

  /** A cut within a text or a nested list leaves something open, so a batch that parses ends between two rows. */
  private takeBatch(): boolean {
    let cut = this.pending.length;
    for (let tries = 0; tries < MOST_CUTS; tries++) {
      cut = this.pending.lastIndexOf(BETWEEN_ROWS, cut - 1);
      if (cut <= 0) return false;
      const batch = parsed(`[${this.pending.slice(0, cut + 1)}]`);
      if (!batch) continue;
      for (const row of batch) this.rows.push(row);
      this.pending = this.pending.slice(cut + 2);
      return true;
    }
    return false;
  }
}

function parsed(json: string): unknown[] | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
