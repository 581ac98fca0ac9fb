// node start-app.cjs ENTRY: loads a functions app as Microsoft's worker does, with `@azure/functions-core` provided to CommonJS, and says how long that took.
const Module = require('node:module');

class Disposable {}
let registered = 0;
const core = {
  version: '3.12.0',
  hostVersion: '4.1042.0',
  Disposable,
  setProgrammingModel() {},
  getProgrammingModel() {},
  registerFunction() {
    registered += 1;
    return new Disposable();
  },
  registerHook: () => new Disposable(),
  log() {},
};
const provided = Module.prototype.require;
Module.prototype.require = function (name) {
  return name === '@azure/functions-core' ? core : Reflect.apply(provided, this, [name]);
};

const started = performance.now();
const before = process.cpuUsage();
require(process.argv[2]);
const ms = performance.now() - started;
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({ ms, cpuMs: (user + system) / 1000, registered, mb: process.memoryUsage().rss / 1e6 }),
);
process.exit(0);
