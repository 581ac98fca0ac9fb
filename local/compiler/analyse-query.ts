import type { KqlNode } from 'kql-workspace/language-service.ts';
import { declare, flowOf } from './flow.ts';
import { placeholderTexts } from './placeholders.ts';
import { type Binding, type Findings, TooComplex } from './scope.ts';
import { type Flow, type Leaf, NO_ROWS } from './values.ts';

/** What a query reads and how its result comes about. */
export interface Analysis {
  result: Flow;
  /** Every use of a table that counts, lookups too. */
  leaves: readonly Leaf[];
  asOfToday: string[];
  notReplayable: string[];
  /** The query calls too much to be taken apart. */
  tooComplex: boolean;
}

/** Takes a bound query apart, from its last statement: what nothing uses is not looked at. */
export function analyseQuery(root: KqlNode): Analysis {
  const findings: Findings = {
    leaves: [],
    lookups: [],
    asOfToday: new Set(),
    notReplayable: new Set(),
    placeholders: placeholderTexts,
    steps: 0,
  };
  try {
    const result = resultOf(root, findings);
    lookUp(findings);
    return { ...summary(findings), result, tooComplex: false };
  } catch (error) {
    if (!(error instanceof TooComplex) && !(error instanceof RangeError)) throw error;
    return { ...summary(findings), result: NO_ROWS, tooComplex: true };
  }
}

function summary({ leaves, asOfToday, notReplayable }: Findings): Omit<Analysis, 'result' | 'tooComplex'> {
  return { leaves, asOfToday: [...asOfToday], notReplayable: [...notReplayable] };
}

function resultOf(root: KqlNode, findings: Findings): Flow {
  const bindings = new Map<string, Binding>();
  const statements = root.items('Statements');
  declare(statements, bindings, findings);
  const last = statements.findLast(({ kind }) => kind === 'ExpressionStatement')?.child('Expression');
  return last ? flowOf(last, { bindings }, findings) : NO_ROWS;
}

/** Queries within conditions read tables too, and may hold further ones. */
function lookUp(findings: Findings): void {
  for (let next = findings.lookups.shift(); next; next = findings.lookups.shift()) {
    const { query, scope } = next;
    flowOf(query, { bindings: scope.bindings }, findings);
  }
}
