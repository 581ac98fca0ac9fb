/**
 * The process that runs the functions, in the place of Microsoft's worker: `node worker.ts BUNDLE`, with a host at the other end
 * of the IPC channel. Like that worker it provides the module `@azure/functions-core` through `Module.prototype.require`, loads the
 * bundle, and runs what the host asks for through the programming model that `@azure/functions` has set.
 */
import Module, { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { inspect } from 'node:util';
import type {
  FunctionMetadata,
  HostMessage,
  InvocationRequest,
  InvocationResponse,
  LogEntry,
  WorkerMessage,
} from './rpc.ts';

type Callback = (...args: unknown[]) => unknown;
type Hook = (context: object) => void | Promise<void>;

interface CoreInvocationContext {
  invocationId: string;
  request: InvocationRequest;
  metadata: FunctionMetadata;
  state?: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log(level: LogEntry['level'], category: LogEntry['category'], message: string): void;
}

interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: Callback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

interface ProgrammingModel {
  name: string;
  version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(defaults: Record<string, string>): Promise<Record<string, string>>;
}

class Disposable {
  readonly dispose: () => unknown;
  constructor(dispose: () => unknown) {
    this.dispose = dispose;
  }
}

const functions = new Map<string, { metadata: FunctionMetadata; callback: Callback }>();
const hooks: Record<string, Hook[]> = {
  appStart: [],
  appTerminate: [],
  preInvocation: [],
  postInvocation: [],
  log: [],
};
const appHookData = {};
const appLevelHookData = {};
let model: ProgrammingModel | undefined;
let started = false;

const core = {
  version: '3.12.0',
  hostVersion: '4.1042.0',
  Disposable,
  setProgrammingModel: (chosen: ProgrammingModel) => {
    model = chosen;
  },
  getProgrammingModel: () => model,
  registerFunction(metadata: FunctionMetadata, callback: Callback): Disposable {
    if (started) throw new Error('A function can only be registered during app startup.');
    if (functions.has(metadata.name)) {
      throw new Error(`A function with id "${metadata.name}" has already been registered.`);
    }
    functions.set(metadata.name, { metadata, callback });
    return new Disposable(() => functions.delete(metadata.name));
  },
  registerHook(name: string, hook: Hook): Disposable {
    const list = hooks[name];
    if (!list) throw new RangeError(`Unrecognized hook "${name}"`);
    list.push(hook);
    return new Disposable(() => list.splice(list.indexOf(hook), 1));
  },
  log: (level: LogEntry['level'], category: LogEntry['category'], message: string) =>
    tell({ kind: 'log', entry: { level, category, message } }),
};

Module.prototype.require = new Proxy(Module.prototype.require, {
  apply: (require, module, args) =>
    args[0] === '@azure/functions-core' ? core : Reflect.apply(require, module, args),
});

function tell(message: WorkerMessage): void {
  if (process.connected) process.send?.(message);
}

async function runHooks(name: string, context: object): Promise<void> {
  for (const hook of hooks[name] ?? []) await hook(context);
}

async function start(bundle: string): Promise<void> {
  createRequire(import.meta.url)(bundle);
  await runHooks('appStart', {
    hookData: appLevelHookData,
    appHookData,
    functionAppDirectory: dirname(dirname(bundle)),
  });
  started = true;
  const capabilities = await model?.getCapabilities?.({ RawHttpBodyBytes: 'true', RpcHttpBodyOnly: 'true' });
  if (capabilities?.HttpUri)
    throw new Error('enableHttpStream is on: the local host passes whole bodies only.');
  tell({ kind: 'started', functions: [...functions.values()].map(({ metadata }) => metadata) });
}

async function invoke(functionName: string, request: InvocationRequest): Promise<InvocationResponse> {
  const registered = functions.get(functionName);
  if (!registered || !model) throw new Error(`There is no function ${functionName}.`);
  const { metadata } = registered;
  const { invocationId } = request;
  const coreContext: CoreInvocationContext = {
    invocationId,
    request,
    metadata,
    log: (level, category, message) =>
      tell({ kind: 'log', entry: { level, category, message, functionName, invocationId } }),
  };
  const invocation = await model.getInvocationModel(coreContext);
  const { context, inputs } = await invocation.getArguments();

  const hookData = {};
  const before = {
    hookData,
    appHookData,
    invocationContext: context,
    inputs,
    functionCallback: registered.callback,
  };
  coreContext.state = 'preInvocationHooks';
  await runHooks('preInvocation', before);

  const after = {
    hookData,
    appHookData,
    invocationContext: context,
    inputs: before.inputs,
    result: null as unknown,
    error: null as unknown,
  };
  coreContext.state = 'invocation';
  try {
    after.result = await invocation.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error ?? new Error('The function threw nothing.');
  }
  coreContext.state = 'postInvocationHooks';
  await runHooks('postInvocation', after);
  coreContext.state = undefined;

  if (after.error) throw after.error;
  return invocation.getResponse(context, after.result);
}

const reasonOf = (error: unknown) =>
  error instanceof Error ? (error.stack ?? error.message) : inspect(error);

process.on('message', async (message: HostMessage) => {
  if (message.kind === 'terminate') {
    await runHooks('appTerminate', { hookData: appLevelHookData, appHookData });
    process.exit(0);
  }
  const { invocationId } = message.request;
  try {
    const response = await invoke(message.functionName, message.request);
    tell({ kind: 'returned', invocationId, response });
  } catch (error) {
    tell({ kind: 'threw', invocationId, reason: reasonOf(error) });
  }
});
process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches every process of the terminal; when to end is the host's to say.
process.on('SIGINT', () => {});

start(process.argv[2] ?? '').catch((error) => tell({ kind: 'start-failed', reason: reasonOf(error) }));
