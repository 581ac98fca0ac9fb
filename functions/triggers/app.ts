import { type App, compose } from '../composition.ts';

let app: App | undefined;

/** The product, put together at the first invocation and kept for the worker's life. Throws `ConfigError`, at every invocation, while settings are wrong. */
export function theApp(): App {
  app ??= compose(process.env);
  return app;
}
