/** Longest wait that a receiver may ask for; more would let it park a message for good. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;
const MAX_RESPONSE_BYTES = 64 * 1024;
const DEFAULT_TIMEOUT_MS = 15_000;

export interface PostRequest {
  url: string;
  /** Sent as it stands: whoever signs needs to know the exact text. */
  body: string;
  headers?: Record<string, string>;
  /** Ends the request: the run's deadline. */
  signal: AbortSignal;
  /** For the whole exchange, response body included; 15 s unless told. */
  timeoutMs?: number;
  now: () => Date;
  /** Which answers with 2xx mean that it was taken, as the receiver documents them; absent: any that is no page. */
  accepts?: (answer: Answer) => boolean;
  /** What is wrong with the receiver, in words, where it says so with a status that would mean the body. */
  trouble?: (answer: Answer) => string | undefined;
}

/** `body`: at most 64 KiB of it; `whole`: it came to its end within that. */
export interface Answer {
  status: number;
  body: string;
  whole: boolean;
}

/**
 * What came of one POST. `delivered`: 2xx, and what the receiver means by taken. `retry-later`: no answer, 408, 425, 429 or 5xx; `notBefore` from
 * `Retry-After`, at most a day away. `refused`: the body is at fault (400, 413, 415, 422). `out-of-order`: the receiver or its address is, until somebody mends it: any other answer, a
 * redirect, a page, a certificate that can't be trusted, or a URL that must not be used. Where there was an answer, `status` and `body` (at most 64 KiB of it) are its.
 * A reason names the URL's host, never its path, query or user, for these hold secrets.
 */
export type PostOutcome =
  | { kind: 'delivered'; status: number; body: string }
  | { kind: 'retry-later'; reason: string; notBefore?: Date; status?: number; body?: string }
  | { kind: 'refused' | 'out-of-order'; reason: string; status?: number; body?: string };

/** POSTs JSON to where settings say. Never throws for what the network or the receiver does, follows no redirect, and speaks plain http to this machine only. */
export async function postJson(request: PostRequest): Promise<PostOutcome> {
  const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
  if (url === undefined) return { kind: 'out-of-order', reason: 'the URL is not valid' };
  if (!isSafe(url))
    return { kind: 'out-of-order', reason: `${url.host}: only https is used, and no user name in the URL` };

  const timeout = AbortSignal.timeout(request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const signal = AbortSignal.any([request.signal, timeout]);
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: request.body,
      headers: { 'content-type': 'application/json; charset=utf-8', ...request.headers },
      redirect: 'manual',
      signal,
    });
    return judge(response, await readStart(response), url.host, request);
  } catch (error) {
    if (request.signal.aborted)
      return { kind: 'retry-later', reason: `${url.host}: stopped before it answered` };
    if (timeout.aborted) return { kind: 'retry-later', reason: `${url.host} did not answer in time` };
    return judgeFailure(error, url.host);
  }
}

function isSafe(url: URL): boolean {
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}

/** The first bytes of the body. A 2xx whose body breaks off was accepted all the same, so what came has to do. */
async function readStart(response: Response): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let whole = response.body === null;
  const reader = response.body?.getReader();
  try {
    while (reader !== undefined && length < MAX_RESPONSE_BYTES) {
      const { value, done } = await reader.read();
      whole = done;
      if (done) break;
      chunks.push(value);
      length += value.byteLength;
    }
    await reader?.cancel();
  } catch {}
  const body = Buffer.concat(chunks).subarray(0, MAX_RESPONSE_BYTES).toString('utf8');
  return { status: response.status, body, whole };
}

/** The message itself is at fault: the same would be refused again. */
const messageFaults = [400, 413, 415, 422];

function judge(
  response: Response,
  answer: Answer,
  host: string,
  { now, accepts, trouble }: PostRequest,
): PostOutcome {
  const { status, body } = answer;
  const said = { status, body };
  const reason = `${host} answered ${status}${errorWord.test(body) ? ` (${body.trim()})` : ''}`;
  if (status < 300) {
    const isPage =
      /html/i.test(response.headers.get('content-type') ?? '') ||
      (/^\s*</.test(body) && /<(!doctype|html)/i.test(body));
    if (!isPage && (accepts?.(answer) ?? true)) return { kind: 'delivered', ...said };
    if (!isPage && !answer.whole)
      return { kind: 'retry-later', reason: `${reason}, and broke off before it said more`, ...said };
    const what = isPage ? 'a page, as of a login' : 'something that does not say it was taken';
    return { kind: 'out-of-order', reason: `${reason} with ${what}`, ...said };
  }
  if (status < 400)
    return { kind: 'out-of-order', reason: `${reason}, a redirect, which is not followed`, ...said };
  if (messageFaults.includes(status)) {
    const wrong = trouble?.(answer);
    if (wrong !== undefined) return { kind: 'out-of-order', reason: `${reason}: ${wrong}`, ...said };
    return { kind: 'refused', reason, ...said };
  }
  if (status < 500 && ![408, 425, 429].includes(status)) return { kind: 'out-of-order', reason, ...said };
  const notBefore = parseRetryAfter(response.headers.get('retry-after'), now());
  return { kind: 'retry-later', reason, ...said, ...(notBefore !== undefined && { notBefore }) };
}

/** Slack and others answer with one word that says why: `invalid_blocks`. Anything longer can hold what it should not. */
const errorWord = /^\s*[a-z_]{3,40}\s*$/;

/** RFC 9110, 10.2.3: whole seconds or an HTTP date. */
function parseRetryAfter(header: string | null, now: Date): Date | undefined {
  if (header === null) return undefined;
  const value = header.trim();
  const time = /^\d+$/.test(value) ? now.getTime() + Number(value) * 1000 : Date.parse(value);
  if (Number.isNaN(time)) return undefined;
  return new Date(Math.min(Math.max(time, now.getTime()), now.getTime() + MAX_RETRY_AFTER_MS));
}

/** OpenSSL's and Node's names for a server that can't prove who it is. */
const certificateErrors = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|TLS_CERT_ALTNAME/;

/** Only the code is used: messages of fetch and its causes can carry the URL. */
function judgeFailure(error: unknown, host: string): PostOutcome {
  const code = codeOf(error);
  if (code !== undefined && certificateErrors.test(code)) {
    const reason = `${host}: its certificate can't be trusted (${code}), nothing was sent`;
    return { kind: 'out-of-order', reason };
  }
  return { kind: 'retry-later', reason: `${host} can't be reached${code === undefined ? '' : ` (${code})`}` };
}

function codeOf(error: unknown): string | undefined {
  for (let cause = error; typeof cause === 'object' && cause !== null; cause = Reflect.get(cause, 'cause')) {
    const code: unknown = Reflect.get(cause, 'code');
    if (typeof code === 'string' && /^[A-Z0-9_]+$/.test(code)) return code;
  }
  return undefined;
}
