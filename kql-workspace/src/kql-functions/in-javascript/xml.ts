import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { type Json, readJson, writeJson } from '../../values/json-values.ts';
import type { JsFunctions } from './js-function.ts';

/** Kusto's limit of a text that is read as XML, in bytes. */
const MAX_BYTES = 1_048_576;

/** Kusto's function that reads XML. */
export const xmlFunctions: JsFunctions = {
  parse_xml: { takes: ['string'], gives: 'dynamic', call: parseXml },
};

/** An element, a text (`#text`) or something that is skipped, by name; `:@` has the attributes. */
type XmlNode = Readonly<Record<string, unknown>>;

const ATTRIBUTES = ':@';
const SKIPPED = '#skipped';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: SKIPPED,
  commentPropName: SKIPPED,
});

/** The one element of an XML document as a bag; undefined when the text is no such document. */
function parseXml(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAX_BYTES || XMLValidator.validate(text) !== true) return undefined;
  try {
    const elements = (parser.parse(text) as readonly XmlNode[]).filter((node) => nameOf(node) !== SKIPPED);
    const [root] = elements;
    return root && elements.length === 1
      ? writeJson(Object.fromEntries([[nameOf(root), contentOf(root)]]))
      : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(node: XmlNode): string {
  return Object.keys(node).find((key) => key !== ATTRIBUTES) ?? '';
}

/** Text alone is that text, nothing at all is null; else a bag, in which equal names make an array. */
function contentOf(element: XmlNode): Json {
  const members = new Map<string, Json[]>();
  const add = (name: string, value: Json): unknown =>
    members.has(name) ? members.get(name)?.push(value) : members.set(name, [value]);
  for (const [name, value] of Object.entries(element[ATTRIBUTES] ?? {})) add(name, decoded(String(value)));
  for (const child of element[nameOf(element)] as readonly XmlNode[]) {
    const name = nameOf(child);
    if (name === '#text') add(name, scalarOf(decoded(String(child[name]))));
    else if (name !== SKIPPED) add(name, contentOf(child));
  }
  const texts = members.get('#text');
  if (members.size === 0) return null;
  if (members.size === 1 && texts) return one(texts);
  return Object.fromEntries([...members].map(([name, values]) => [name, one(values)]));
}

function one(values: readonly Json[]): Json {
  return values.length === 1 ? (values[0] ?? null) : values;
}

/** A text that is a number stays the digits that it was. */
function scalarOf(text: string): Json {
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/.test(text) ? (readJson(text) ?? text) : text;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', apos: "'", gt: '>', lt: '<', quot: '"' };

/** Throws where a name stands for nothing. */
function decoded(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|([^;&]*));/gi, (all, decimal, hex, name: string) => {
    if (decimal ?? hex) return String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16));
    const entity = ENTITIES[name];
    if (entity === undefined) throw new Error(`${all} stands for nothing`);
    return entity;
  });
}
