import { emptyEngine } from '../kql.ts';

const { value, rows } = emptyEngine();

test.each<[string, unknown]>([
  ['<e/>', { e: null }],
  ['<e>text</e>', { e: 'text' }],
  ['<e name="value" />', { e: { '@name': 'value' } }],
  ['<e name="value">text</e>', { e: { '@name': 'value', '#text': 'text' } }],
  ['<e> <a>text</a> <b>text</b> </e>', { e: { a: 'text', b: 'text' } }],
  ['<e> <a>text</a> <a>text</a> </e>', { e: { a: ['text', 'text'] } }],
  ['<e> text <a>text</a> </e>', { e: { '#text': 'text', a: 'text' } }],
  ['<?xml version="1.0"?><!-- c --><t><n>118.0</n><i>007</i></t>', { t: { n: 118, i: '007' } }],
  ['<e a="&lt;&#65;&#x42;&amp;">&quot;&apos;</e>', { e: { '@a': '<AB&', '#text': '"\'' } }],
  [
    '<n:e xmlns:n="u"><n:Data Name="x">1</n:Data></n:e>',
    { 'n:e': { '@xmlns:n': 'u', 'n:Data': { '@Name': 'x', '#text': 1 } } },
  ],
])('%s is read as a bag', async (xml, expected) => {
  expect(await value(`parse_xml(@'${xml.replaceAll("'", "''")}')`)).toEqual(expected);
});

test.each([
  '',
  'text',
  '<a><b></a>',
  '<a>',
  '<a/><b/>',
  '<a x=1/>',
  '<a x="1" x="2"/>',
  '<a>&nope;</a>',
  '<a>1</a>x',
])('%p is no XML document and gives null', async (xml) => {
  expect(await rows(`print r = isnull(parse_xml('${xml}'))`)).toEqual([{ r: true }]);
});

test('more than a megabyte gives null', async () => {
  const text = "strcat('<a>', strrep('0123456789abcdef', 1024), '</a>')";
  const long = `strcat('<a>', strrep(strrep('0123456789abcdef', 1024), 64), '</a>')`;
  expect(await rows(`print isnull(parse_xml(${text})), isnull(parse_xml(${long}))`)).toEqual([
    { print_0: false, print_1: true },
  ]);
});

test('deep nesting and many attributes end', async () => {
  const deep = `${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`;
  await rows(`print isnull(parse_xml('${deep}'))`);
  const wide = `<a ${Array.from({ length: 5000 }, (_, index) => `x${index}="1"`).join(' ')}/>`;
  expect(await rows(`print array_length(bag_keys(parse_xml('${wide}').a))`)).toEqual([{ print_0: 5000n }]);
}, 20_000);
