/**
 * What the host and its worker process say to each other. The data shapes are those of Microsoft's worker (`types-core/index.d.ts` in
 * Azure/azure-functions-nodejs-worker), since `@azure/functions` reads and writes them; only the envelopes are ours.
 */

export interface TypedData {
  string?: string | null;
  json?: string | null;
  bytes?: Uint8Array | null;
  http?: HttpData | null;
  int?: number | null;
  double?: number | null;
}

export interface HttpData {
  method?: string;
  url?: string;
  nullableHeaders?: Record<string, { value: string }>;
  nullableQuery?: Record<string, { value: string }>;
  nullableParams?: Record<string, { value: string }>;
  headers?: Record<string, string>;
  body?: TypedData | null;
  statusCode?: string;
  cookies?: unknown[];
}

/** A trigger, input or output as `@azure/functions` registers it; the further members depend on `type`. */
export interface Binding {
  type?: string;
  direction?: 'in' | 'out' | 'inout';
  route?: string;
  methods?: string[];
  authLevel?: 'anonymous' | 'function' | 'admin';
  schedule?: string;
  useMonitor?: boolean;
  runOnStartup?: boolean;
}

export interface FunctionMetadata {
  name: string;
  bindings: Record<string, Binding>;
}

export interface InvocationRequest {
  invocationId: string;
  inputData: { name: string; data: TypedData }[];
  traceContext: { traceParent: string; traceState: string; attributes: Record<string, string> };
}

export interface InvocationResponse {
  returnValue?: TypedData | null;
}

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';

export interface LogEntry {
  level: LogLevel;
  /** `user`: written by the functions; `system`: by the library or the host. */
  category: 'user' | 'system' | 'customMetric';
  message: string;
  functionName?: string;
  invocationId?: string;
}

export type HostMessage =
  | { kind: 'invoke'; functionName: string; request: InvocationRequest }
  | { kind: 'terminate' };

export type WorkerMessage =
  | { kind: 'started'; functions: FunctionMetadata[] }
  | { kind: 'start-failed'; reason: string }
  | { kind: 'log'; entry: LogEntry }
  | { kind: 'returned'; invocationId: string; response: InvocationResponse }
  | { kind: 'threw'; invocationId: string; reason: string };
