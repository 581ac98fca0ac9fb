/** One number of the benchmark. */
export interface Measure {
  readonly what: string;
  readonly value: number;
  readonly unit: 'ms' | 'times' | 'MB' | 'rows';
  /** More than this is too much. */
  readonly most?: number;
}

/** Our median may be this many times that of SQL written by hand, and the worst of a pack this many. */
export const GOAL = { median: 1.3, worst: 3 } as const;
