/** The time of a run as run ids begin: ids sort by it. */
export function runTime(at: Date): string {
  return at.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** The random part keeps two workers' runs apart. */
export function newRunId(at: Date): string {
  return `${runTime(at)}-${crypto.randomUUID().slice(0, 8)}`;
}
