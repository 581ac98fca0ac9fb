/** Tests run TypeScript through swc as CommonJS; packages that ship only ES modules go through it too. */
const esmOnly = ['p-limit', 'yocto-queue', '@actions/workflow-parser', '@actions/expressions', 'cronstrue'];

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/kql-workspace/test/**/*.test.ts'],
  transform: {
    '\\.[jt]s$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  // GitHub's packages export nothing to CommonJS.
  moduleNameMapper: {
    '^@actions/([^/]+)$': '<rootDir>/node_modules/@actions/$1/dist/index.js',
    '^@actions/expressions/(.+)$': '<rootDir>/node_modules/@actions/expressions/dist/$1.js',
  },
  // For a busy machine: a stack of processes takes seconds to start on an idle one.
  testTimeout: 90_000,
  // Tests wait for processes and timers much of their time: a worker for each core, where jest would leave one free.
  maxWorkers: '100%',
};
