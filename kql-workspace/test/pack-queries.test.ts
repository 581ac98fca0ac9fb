import { queriesIn } from '../src/score/pack-queries.ts';

/** People keep queries in many ways; each is read for what it is. */

test.each<[string, string, string, string[]]>([
  ['a plain file is one query', 'a.kql', 'T\n\n| where x == 1\n', ['T\n\n| where x == 1\n']],
  [
    'a plain file with an empty line between queries has several',
    'a.csl',
    '// first\nlet a = 1;\n\nT | where x == a\n\nU | count\n\n// nothing more',
    ['// first\nlet a = 1;\n\nT | where x == a', 'U | count'],
  ],
  ['a plain file that is none at all stays as it is', 'a.txt', 'T | where (\n\nU', ['T | where (\n\nU']],
  [
    'Markdown has them in fences',
    'a.md',
    'Text | with a bar\n```KQL\nT\n| count\n```\n  ```\n  U\n  | count\n  ```\n```powershell\nGet-X\n| Out\n```\n```\nno query\n```',
    ['T\n| count\n', '  U\n  | count\n'],
  ],
  [
    'YAML has them in blocks',
    'a.yaml',
    'id: x\nquery: |\n  T\n  | count\n\n  | where Count > 1\nname: y\n',
    ['\n  T\n  | count\n\n  | where Count > 1'],
  ],
  ['or on one line', 'a.yml', 'query: T | count\nname: y', ['T | count']],
  [
    'or several of them in a list',
    'a.yaml',
    'queries:\n  - query: |\n      T | count\n    name: a\n  - query: |-\n      U | count\n',
    ['\n      T | count', '\n      U | count\n'],
  ],
  [
    'a file with a mark of its encoding and Windows line ends too',
    'a.kql',
    '\uFEFFT\r\n| count',
    ['T\n| count'],
  ],
])('%s', (_what, file, content, expected) => {
  expect(queriesIn(file, content)).toEqual(expected);
});
