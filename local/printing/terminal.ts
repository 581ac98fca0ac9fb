export interface PrintOptions {
  /** Width of the terminal. */
  columns?: number;
  colour?: boolean;
}

/** How to print for whoever reads standard output: colours on a terminal that has them, unless `NO_COLOR` is set. */
export function terminal(): Required<PrintOptions> {
  const { stdout } = process;
  return { columns: stdout.columns ?? 100, colour: stdout.isTTY === true && stdout.hasColors() };
}

/** The reason in one line, without a stack. */
export function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s*\n\s*/g, '; ');
}
