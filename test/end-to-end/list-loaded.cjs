// Preloaded into a worker (NODE_OPTIONS): at its end it writes down which files the worker had loaded.
const { writeFileSync } = require('node:fs');
process.on('exit', () => {
  if (process.env.LOADED_FILES)
    writeFileSync(process.env.LOADED_FILES, Object.keys(require.cache).join('\n'));
});
