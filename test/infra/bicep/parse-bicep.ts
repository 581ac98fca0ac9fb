import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { Language, type Node, Parser } from 'web-tree-sitter';

export type { Node } from 'web-tree-sitter';

/** A statement of a Bicep file, with the decorators that stand above it. */
export interface Declaration {
  kind: 'targetScope' | 'metadata' | 'param' | 'var' | 'resource' | 'module' | 'output';
  name: string;
  node: Node;
  /** Name → the arguments' expressions. */
  decorators: Map<string, Node[]>;
}

const kinds: Record<string, Declaration['kind']> = {
  target_scope_assignment: 'targetScope',
  metadata_declaration: 'metadata',
  parameter_declaration: 'param',
  variable_declaration: 'var',
  resource_declaration: 'resource',
  module_declaration: 'module',
  output_declaration: 'output',
};

let loaded: Promise<Parser> | undefined;

async function bicepParser(): Promise<Parser> {
  await Parser.init();
  const parser = new Parser();
  // As bytes: given a path it imports node:fs dynamically, which jest does not let CommonJS do.
  parser.setLanguage(
    await Language.load(readFileSync(require.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm'))),
  );
  return parser;
}

/**
 * The statements of a Bicep file, by the grammar that editors use.
 * @throws Error that names file, line and column of what is not Bicep
 */
export async function parseBicep(file: string): Promise<Declaration[]> {
  loaded ??= bicepParser();
  const tree = (await loaded).parse(readFileSync(file, 'utf8'));
  if (!tree) throw new Error(`${file}: not parsed`);
  const wrong = tree.rootNode.hasError ? firstError(tree.rootNode) : undefined;
  if (wrong) {
    const { row, column } = wrong.startPosition;
    throw new Error(
      `${relative(process.cwd(), file)}:${row + 1}:${column + 1}: not Bicep: ${wrong.text.slice(0, 60)}`,
    );
  }

  const declarations: Declaration[] = [];
  let decorators: Declaration['decorators'] = new Map();
  for (const node of namedChildren(tree.rootNode)) {
    if (node.type === 'comment' || node.type === 'diagnostic_comment') continue;
    if (node.type === 'decorators') {
      decorators = new Map(namedChildren(node).map(readDecorator));
      continue;
    }
    const kind = kinds[node.type];
    if (!kind) throw new Error(`${file}: unexpected ${node.type}`);
    declarations.push({ kind, name: childOf(node, 'identifier')?.text ?? kind, node, decorators });
    decorators = new Map();
  }
  return declarations;
}

function readDecorator(node: Node): [string, Node[]] {
  const call = childOf(node, 'call_expression');
  const name = call?.childForFieldName('function')?.text ?? '';
  const list = call?.childForFieldName('arguments');
  return [name, list ? namedChildren(list) : []];
}

function firstError(node: Node): Node | undefined {
  if (node.isError || node.isMissing) return node;
  for (const child of node.children) {
    const found = child && firstError(child);
    if (found) return found;
  }
  return undefined;
}

export function namedChildren(node: Node): Node[] {
  return node.namedChildren.filter((child): child is Node => child !== null && child.type !== 'comment');
}

export function childOf(node: Node, type: string): Node | undefined {
  return namedChildren(node).find((child) => child.type === type);
}
