import type { TokenCredential } from '@azure/identity';

/** Managed identity in Azure, a developer's login elsewhere. Loaded on first use: it is a large package. */
export async function azureCredential(clientId: string | undefined): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await import('@azure/identity');
  return inTime(new DefaultAzureCredential(clientId ? { managedIdentityClientId: clientId } : {}));
}

/** A managed identity answers within a second; the first token of a cold machine takes some. */
const TOKEN_MS = 20_000;

/** An identity that gives its token in time or fails: some of the ways to one know no signal, and a client waits for one that hangs for good. */
export function inTime(credential: TokenCredential, limitMs: number = TOKEN_MS): TokenCredential {
  return {
    async getToken(scopes, options = {}) {
      const limit = AbortSignal.timeout(limitMs);
      const given = options.abortSignal as AbortSignal | undefined;
      const abortSignal = given ? AbortSignal.any([given, limit]) : limit;
      const tooLate = new Promise<never>((_, reject) => {
        const end = () => reject(new Error('the identity gave no token in time'));
        if (abortSignal.aborted) end();
        else abortSignal.addEventListener('abort', end, { once: true });
      });
      const token = credential.getToken(scopes, { ...options, abortSignal });
      // It may fail after that, when nobody listens any more.
      token.catch(() => undefined);
      return await Promise.race([token, tooLate]);
    },
  };
}
