import type { z } from 'zod';

/** What is wrong with a value from outside, and where in it. */
export interface FieldProblem {
  path: PropertyKey[];
  message: string;
}

/** Zod's words where they are good, ours where a person must know what to do. To be passed as `error` when parsing. */
export function explainIssue(issue: {
  code?: string;
  input?: unknown;
  expected?: string;
}): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.input === undefined) return 'is missing';
  const expected = { string: 'text', array: 'a list', object: 'a mapping', record: 'a mapping' }[
    issue.expected ?? ''
  ];
  return `must be ${expected ?? issue.expected}`;
}

/** One problem per field; each unknown key is a problem of its own. */
export function fieldProblems(error: z.ZodError): FieldProblem[] {
  return error.issues.flatMap((issue): FieldProblem[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          path: [...issue.path, key],
          message: 'is not a known key; check its spelling',
        }))
      : [{ path: issue.path, message: issue.message }],
  );
}

/** A path as people write it: `any[0].RemoteIP.cidr`. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
