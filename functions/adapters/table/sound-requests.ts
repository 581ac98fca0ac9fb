import type { TableClient } from '@azure/data-tables';
import { capRetryAfter } from '../http/cap-retry-after.ts';

type Policy = Parameters<TableClient['pipeline']['addPolicy']>[0];
type PipelineRequest = Parameters<Policy['sendRequest']>[0];
type PipelineResponse = Awaited<ReturnType<Policy['sendRequest']>>;

/** How long the storage may take; all in milliseconds. */
export interface TableLimits {
  /** One request and its answer, the identity's token included; then it is tried again. */
  tryMs: number;
  /** An operation with all its tries and waits. */
  operationMs: number;
  /** The longest wait that the storage may ask for: an hour's pause is not worth a run. */
  retryAfterMs: number;
}

export const defaultLimits: TableLimits = { tryMs: 10_000, operationMs: 30_000, retryAfterMs: 5_000 };

/** Puts time limits on every request of a client, and lets nothing pass for an answer of the service that is none. */
export function makeSound({ pipeline }: TableClient, limits: TableLimits): void {
  // Policies run in this order, and those after "Retry" at every try; signing, which fetches the token, comes after them.
  pipeline.addPolicy(endInTime(limits.operationMs));
  pipeline.addPolicy(tryInTime(limits.tryMs), { afterPhase: 'Retry', beforePolicies: signers });
  pipeline.addPolicy(capRetryAfter(limits.retryAfterMs), { afterPhase: 'Retry', beforePolicies: signers });
  pipeline.addPolicy(verifyAnswers, { afterPhase: 'Retry', beforePolicies: signers });
}

const signers = ['bearerTokenAuthenticationPolicy', 'tablesNamedKeyCredentialPolicy'];

function endInTime(operationMs: number): Policy {
  return {
    name: 'endInTime',
    async sendRequest(request, next) {
      const given = request.abortSignal;
      const limit = AbortSignal.timeout(operationMs);
      request.abortSignal = given ? AbortSignal.any([given as AbortSignal, limit]) : limit;
      // Some things on the way (a token of a command line tool) know no signal, so the wait ends here whatever they do.
      return await unlessAborted(request.abortSignal as AbortSignal, next(request), () =>
        given?.aborted
          ? new Error("the run's time was over before the storage answered")
          : new Error(`the storage did not answer within ${operationMs / 1000} s`),
      );
    },
  };
}

function tryInTime(tryMs: number): Policy {
  return {
    name: 'tryInTime',
    async sendRequest(request, next) {
      const whole = request.abortSignal as AbortSignal;
      const limit = AbortSignal.timeout(tryMs);
      request.abortSignal = AbortSignal.any([whole, limit]);
      try {
        return await unlessAborted(limit, next(request), () => new Error('no answer in time'));
      } catch (error) {
        if (!limit.aborted || whole.aborted) throw error;
        const { RestError } = await import('@azure/data-tables');
        // A code that the SDK tries again.
        throw new RestError(`no answer within ${tryMs / 1000} s`, { code: 'ETIMEDOUT', request });
      } finally {
        request.abortSignal = whole;
      }
    },
  };
}

async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>, toError: () => Error): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(toError());
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // It may fail later, when nobody listens any more.
    work.catch(() => undefined);
  }
}

/** A page of a proxy or of a login with a status of success is a failure, and so is an answer that was cut. */
const verifyAnswers: Policy = {
  name: 'verifyAnswers',
  async sendRequest(request, next) {
    const response = await next(request);
    const problem = response.status < 400 ? problemWith(request, response) : undefined;
    if (problem !== undefined)
      throw new Error(`the storage's answer to a ${request.method} is not the table service's: ${problem}`);
    return response;
  },
};

function problemWith(request: PipelineRequest, response: PipelineResponse): string | undefined {
  const { status, headers, bodyAsText } = response;
  const body = bodyAsText ?? '';
  switch (request.method) {
    case 'GET': {
      if (status !== 200) return `HTTP ${status}`;
      const parsed = parseObject(body);
      if (!parsed) return 'not JSON';
      if (/\(\)($|\?)/.test(request.url)) return Array.isArray(parsed.value) ? undefined : 'not a list';
      return typeof parsed['odata.etag'] === 'string' ? undefined : 'not a row';
    }
    case 'POST':
      if (request.url.endsWith('/$batch'))
        return status === 202 && body.includes('--changesetresponse_') ? undefined : `HTTP ${status}`;
      if (/\/Tables($|\?)/.test(request.url))
        return status === 201 || status === 204 ? undefined : `HTTP ${status}`;
      return (status === 201 || status === 204) && headers.has('etag') ? undefined : `HTTP ${status}`;
    case 'DELETE':
      return status === 204 ? undefined : `HTTP ${status}`;
    default:
      return status === 204 && headers.has('etag') ? undefined : `HTTP ${status}`;
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
