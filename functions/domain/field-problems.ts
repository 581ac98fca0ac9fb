import type { z } from 'zod';

/** What is wrong with a value from outside, and where in it. */
export interface FieldProblem {
  path: PropertyKey[];
  message: string;
}

/** Says what a person must know to put it right; zod's own words for the rest. To be passed as `error` when parsing. */
export function explainIssue(issue: {
  code?: string;
  input?: unknown;
  expected?: string;
  format?: string;
  origin?: string;
}): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      return `must be ${nouns[issue.expected ?? ''] ?? issue.expected}`;
    case 'invalid_format':
      if (issue.format === 'date') return 'must be a date such as 2027-05-31';
      return issue.format === 'guid' ? 'must be a GUID' : undefined;
    case 'too_small':
      return issue.origin === 'array' ? 'must name at least one' : 'is empty';
    default:
      return undefined;
  }
}

const nouns: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

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
