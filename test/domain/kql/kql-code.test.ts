import fc from 'fast-check';
import { parseAndBind } from 'kql-workspace/language-service.ts';
import { codeOf, mentions, offsetOfLet } from '../../../functions/domain/kql/kql-code.ts';

/** The same, by Microsoft's lexer: everything but string literals and what stands between tokens. */
function codeByMicrosoft(query: string): string {
  const blank = query.replace(/[^\r\n]/g, ' ').split('');
  for (const token of parseAndBind(query, new Map()).root.walk()) {
    if (!token.isToken || token.kind === 'StringLiteralToken') continue;
    for (let at = token.start; at < token.end; at++) blank[at] = query[at] ?? '';
  }
  return blank.join('');
}

const withoutBlanks = (code: string) => code.replace(/\s+/g, ' ').trim();

test('what is string or comment to Microsoft’s lexer is blank, and nothing else', () => {
  const piece = fc.constantFrom(
    'print a = 1',
    ' | where b == ',
    '"x // y"',
    "'it\\'s'",
    '@"c:\\"',
    "@'it''s'",
    '// ago(5d) "\n',
    '//\r\n',
    '```\nago(1d) " // \n```',
    "~~~\n' //~~~",
    'x / y',
    '"\\\\"',
    '\n',
    ' ',
    "''",
    'https',
    '"http://a"',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const query = pieces.join(' ');
      expect(withoutBlanks(codeOf(query))).toBe(withoutBlanks(codeByMicrosoft(query)));
      expect(codeOf(query)).toHaveLength(query.length);
    }),
    { numRuns: 300 },
  );
});

test('a word counts when it stands alone in code', () => {
  const code = codeOf(
    'DeviceInfo | where a == "DeviceEvents" // DeviceFileEvents\n| extend MyDeviceInfo2 = b.AccountUpn',
  );
  expect(mentions(code, 'DeviceInfo')).toBe(true);
  for (const word of ['DeviceEvents', 'DeviceFileEvents', 'DeviceInfo2', 'AccountUpn'])
    expect(mentions(code, word)).toBe(false);
});

test('a let is found with whatever white space', () => {
  const code = codeOf('// let T = 1;\nlet  T\n= X; T');
  expect(offsetOfLet(code, 'T')).toBe(14);
  expect(offsetOfLet(code, 'X')).toBeUndefined();
});
