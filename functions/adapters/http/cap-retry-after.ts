/** As much of an Azure SDK's pipeline policy as is needed here. */
interface Answered {
  status: number;
  headers: {
    has(name: string): boolean;
    get(name: string): string | undefined;
    set(name: string, value: string): void;
    delete(name: string): void;
  };
}

/** The headers by which Azure's services ask for a wait, and the SDKs heed them. */
const names = ['retry-after-ms', 'x-ms-retry-after-ms', 'retry-after'];

/** A policy for Azure's SDKs: no service makes them wait longer than this before they try again. */
export function capRetryAfter(longestMs: number) {
  return {
    name: 'capRetryAfter',
    async sendRequest<Request, Response extends Answered>(
      request: Request,
      next: (request: Request) => Promise<Response>,
    ): Promise<Response> {
      const response = await next(request);
      const { headers } = response;
      const waits = names.flatMap((name) => (headers.has(name) ? waitOf(name, headers.get(name) ?? '') : []));
      for (const name of names) headers.delete(name);
      if (waits.length > 0) headers.set('retry-after-ms', String(Math.min(longestMs, ...waits)));
      return response;
    },
  };
}

/** RFC 9110, 10.2.3: seconds or a date; Microsoft's own headers hold milliseconds. What can't be read asks for as long as is allowed. */
function waitOf(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isNaN(number)) return Math.max(0, name === 'retry-after' ? number * 1000 : number);
  const date = Date.parse(value);
  return Number.isNaN(date) ? Number.POSITIVE_INFINITY : Math.max(0, date - Date.now());
}
