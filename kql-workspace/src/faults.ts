/** What can go wrong at the service, on request, so that clients can be tested. */
export type Fault =
  /** 429; with `Retry-After` when seconds are given. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds?: number }
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds?: number }
  /** 200 with the tables and an error beside them. */
  | { readonly kind: 'partial'; readonly message?: string }
  /** 200 with an error and no tables. */
  | { readonly kind: 'error-only'; readonly message?: string }
  | { readonly kind: 'gateway-timeout' }
  /** The answer as usual, but later. */
  | { readonly kind: 'slow'; readonly milliseconds: number }
  | { readonly kind: 'no-content' }
  | { readonly kind: 'broken-json' }
  /** Any status and body. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly contentType?: string;
    };

/** The faults that the next requests meet, in order. */
export class FaultQueue {
  private queue: Fault[] = [];

  /** The next `times` requests meet the fault; undefined forgets all that were asked for. */
  add(fault: Fault | undefined, times = 1): void {
    this.queue = fault ? [...this.queue, ...Array.from({ length: times }, () => fault)] : [];
  }

  next(): Fault | undefined {
    return this.queue.shift();
  }
}
