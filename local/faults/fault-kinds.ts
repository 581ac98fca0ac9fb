/** What goes wrong with one exchange. `reaches`: whether the other side gets the request and does what it says. */
export type Fault =
  | { what: 'answer'; reaches: boolean; status: number; headers?: Record<string, string>; body: string }
  /** The connection is reset. */
  | { what: 'reset'; reaches: boolean }
  /** Nothing ever comes back. */
  | { what: 'hang'; reaches: boolean }
  /** The answer begins and never ends. */
  | { what: 'endless' }
  /** Half of the answer, as if that were all. */
  | { what: 'half' }
  /** The request lies for twenty minutes, in which another instance runs, and then goes on. */
  | { what: 'stall' }
  /** The app's process is killed. */
  | { what: 'kill'; reaches: boolean };

/** A kind of fault. `lasts`: it meets every like exchange of the run, else the first one alone. */
export interface FaultKind {
  name: string;
  fault: Fault;
  lasts: boolean;
}

const HTML = '<!doctype html><title>Sign in</title><p>Please sign in.</p>';
/** Not the service's own error: of something on the way. */
const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  what: 'answer',
  reaches: false,
  status: code,
  headers: { 'content-type': 'text/html', ...headers },
  body: HTML,
});
const lasting = (name: string, fault: Fault): FaultKind => ({ name, fault, lasts: true });
const once = (name: string, fault: Fault): FaultKind => ({ name, fault, lasts: false });

/** So long that nobody should wait for it. */
const A_WEEK_S = String(7 * 86_400);

export const faultKinds: readonly FaultKind[] = [
  once('kill before', { what: 'kill', reaches: false }),
  once('kill after', { what: 'kill', reaches: true }),
  lasting('time-out', { what: 'hang', reaches: false }),
  once('stalled 20 min', { what: 'stall' }),
  once('answer lost', { what: 'reset', reaches: true }),
  once('late answer', { what: 'hang', reaches: true }),
  lasting('reset', { what: 'reset', reaches: false }),
  ...[400, 401, 403, 404, 408, 409, 412, 500, 503].map((code) => lasting(String(code), status(code))),
  once('503 once', status(503)),
  once('429 seconds', status(429, { 'retry-after': '1' })),
  lasting('429 date', status(429, { 'retry-after': 'Wed, 21 Oct 2037 07:28:00 GMT' })),
  lasting('429 a week', status(429, { 'retry-after': A_WEEK_S })),
  lasting('half a body', { what: 'half' }),
  lasting('HTML with 200', { ...status(200), what: 'answer' } as Fault),
  lasting('204', { what: 'answer', reaches: false, status: 204, body: '' }),
  lasting('endless body', { what: 'endless' }),
];
