import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { generate } from 'selfsigned';

/** What Application Insights is sent: https://github.com/microsoft/ApplicationInsights-Home/tree/master/EndpointSpecs/Schemas/Bond. */
export interface Envelope {
  name: string;
  time: string;
  sampleRate: number;
  iKey: string;
  tags: Record<string, string>;
  data: {
    baseType: string;
    baseData: {
      name?: string;
      metrics?: { name: string; value: number; count: number }[];
      properties: Record<string, string>;
      measurements?: Record<string, number>;
    };
  };
}

export interface Ingestion {
  /** For `NODE_EXTRA_CA_CERTS`. */
  certificate: string;
  connectionString: string;
  instrumentationKey: string;
  requests: { method: string; path: string; authorization: string | undefined }[];
  envelopes: Envelope[];
  /** What it says; `undefined`: nothing, ever. */
  answer: { status: number; body: object } | undefined;
  /** Forgets what came and takes everything again. */
  reset(): void;
  close(): void;
}

const accepted = { status: 200, body: { itemsReceived: 1, itemsAccepted: 1, errors: [] } };

/** An ingestion endpoint that takes what it is sent over HTTPS and keeps it. */
export async function startIngestion(): Promise<Ingestion> {
  const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  const server = createServer({ key: pems.private, cert: pems.cert }, async (request, response) => {
    const { method = '', url = '', headers } = request;
    const body = await buffer(request);
    ingestion.requests.push({ method, path: url, authorization: headers.authorization });
    if (!ingestion.answer) return;
    const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const envelopes = toEnvelopes(text.toString());
    if (ingestion.answer.status === 200) ingestion.envelopes.push(...envelopes);
    response.writeHead(ingestion.answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(ingestion.answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const instrumentationKey = '00000000-1111-4222-8333-444444444444';
  const ingestion: Ingestion = {
    certificate: pems.cert,
    connectionString: `InstrumentationKey=${instrumentationKey};IngestionEndpoint=https://127.0.0.1:${port}/;LiveEndpoint=https://127.0.0.1:${port}/live/`,
    instrumentationKey,
    requests: [],
    envelopes: [],
    answer: accepted,
    reset() {
      ingestion.requests = [];
      ingestion.envelopes = [];
      ingestion.answer = accepted;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return ingestion;
}

/** A JSON array, or one object on each line. */
function toEnvelopes(text: string): Envelope[] {
  return text.startsWith('[')
    ? JSON.parse(text)
    : text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
}
