/** A file that can't be used; the message names it and says what is wrong, in one line. */
export class EventFileError extends Error {
  override readonly name = 'EventFileError';
  readonly file: string;
  /** The message without the file's name. */
  readonly reason: string;

  constructor(file: string, what: string) {
    const reason = what.replace(/\s+/g, ' ').trim();
    super(`${file}: ${reason}`);
    this.file = file;
    this.reason = reason;
  }
}
