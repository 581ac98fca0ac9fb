import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';

/** What a YAML library has to say against a file. */
export interface YamlError {
  line: number;
  /** The library's name for it, for example `BAD_INDENT`. */
  code: string;
  message: string;
}

/** One file of a folder, parsed as far as it can be. */
export interface YamlFile {
  /** As people know it: `hunts/addigy.yaml`. */
  file: string;
  text: string;
  value: unknown;
  errors: YamlError[];
  /** The line (from 1) where the field stands, or that of the closest part of the path that exists. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Reads the `*.yaml` and `*.yml` files of a folder by name, without `*.test.yaml`. Rejects when the folder or a file can't be read. */
export async function readYamlFolder(folder: string): Promise<YamlFile[]> {
  const names = (await readdir(folder)).filter((name) => /(?<!\.test)\.ya?ml$/i.test(name)).sort();
  return Promise.all(
    names.map(async (name) =>
      parseYamlFile(`${basename(folder)}/${name}`, await readFile(join(folder, name), 'utf8')),
    ),
  );
}

/** `file` is its path as people know it. */
export function parseYamlFile(file: string, content: string): YamlFile {
  const text = content.replace(/^\uFEFF/, '');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const errors = document.errors.map(({ code, message, pos }) => ({
    line: lineAt(pos[0]),
    code: String(code),
    message,
  }));
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '__proto__') {
        // Objects, and whoever copies them, lose this key: a condition would be gone without a word.
        errors.push({
          line: lineAt(key.range?.[0] ?? 0),
          code: 'PROTO_KEY',
          message: '__proto__ is not a key',
        });
      }
    },
  });
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    errors.push({
      line: 1,
      code: 'UNREADABLE',
      message: error instanceof Error ? error.message : String(error),
    });
  }
  return {
    file,
    text,
    value,
    errors,
    lineOf: (path) => lineAt(offsetOf(document.contents, path)),
  };
}

/** The file with spaces for the tabs that lines begin with, where that makes it valid: YAML allows no tab there, and people's editors write them. */
export function withoutTabs(file: YamlFile): YamlFile {
  if (file.errors.length === 0 || !/^[ ]*\t/m.test(file.text)) return file;
  for (const width of [4, 2, 8]) {
    const spaced = parseYamlFile(
      file.file,
      file.text.replace(/^[ \t]+/gm, (indent) => indent.replaceAll('\t', ' '.repeat(width))),
    );
    if (spaced.errors.length === 0) return spaced;
  }
  return file;
}

function offsetOf(root: Node | null, path: readonly PropertyKey[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (!pair) break;
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(part)];
      if (item === undefined) break;
      node = item;
      offset = isMap(item) || isSeq(item) || isScalar(item) ? (item.range?.[0] ?? offset) : offset;
    } else break;
  }
  return offset;
}
