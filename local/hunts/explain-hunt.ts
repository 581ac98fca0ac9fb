import { join } from 'node:path';
import { schemaOf } from 'kql-workspace/documented-columns.ts';
import type { KqlNode } from 'kql-workspace/language-service.ts';
import { parse } from 'kql-workspace/parse.ts';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { readExclusions } from '../../functions/adapters/files/exclusion-files.ts';
import { answersTo } from '../../functions/domain/hunting/hunt.ts';
import { huntedTables } from '../../functions/domain/kql/hunted-tables.ts';
import { readCompiledHunts } from '../compiler/compile-hunts.ts';
import { eventFiles } from '../environment/event-files.ts';
import { localStandIns } from '../environment/stand-ins.ts';
import { presentQueries } from './present-queries.ts';

/** One step of a hunt, and how many rows there are after it. */
export interface HuntStep {
  /** What the step belongs to: a table, a `let` of the query, or its result. */
  of: string;
  /** In the query; absent for what stands before it. */
  line?: number;
  text: string;
  rows: number;
}

/**
 * Counts the rows after each operator of a hunt, in its `let`s of tables too, so that its author sees which line lost a row.
 * @throws Error that fits for one line: no such hunt, events that can't be used, a query that has no answer
 */
export async function explainHunt({
  root,
  hunt: name,
  events,
  now = new Date(),
}: {
  root: string;
  hunt: string;
  events: string;
  now?: Date;
}): Promise<HuntStep[]> {
  const hunts = await readCompiledHunts(root);
  const hunt = hunts.find((one) => answersTo(one, name));
  if (!hunt)
    throw new Error(`There is no hunt ${name}; there are: ${hunts.map(({ file }) => file).join(', ')}`);
  const { exclusions } = await readExclusions(join(root, 'exclusions'), process.env, hunts);
  const { withExclusions: query, prelude } = presentQueries(hunt, exclusions, now).queries;
  const preludeLength = prelude.length;
  const workspace = await startWorkspace({ now: () => now, ...localStandIns(), ...eventFiles(events) });
  try {
    const steps: HuntStep[] = [];
    for (const table of huntedTables(hunt)) {
      steps.push({ of: table, text: 'in the files', rows: await count(workspace, `table("${table}")`) });
      steps.push({ of: table, text: 'after exclusions', rows: await count(workspace, `${prelude}${table}`) });
    }
    const lineOf = (node: KqlNode) => query.slice(preludeLength, node.start).split('\n').length;
    for (const statement of parse(query, schemaOf('log-analytics')).root.items('Statements')) {
      const expression = statement.child('Expression');
      if (!expression || statement.start < preludeLength || expression.resultType?.kind !== 'table') continue;
      const of = statement.kind === 'LetStatement' ? (statement.child('Name')?.text ?? '') : 'result';
      for (const { end, shown } of pipeline(expression)) {
        const text = query.slice(0, statement.start) + query.slice(expression.start, end);
        steps.push({
          of,
          line: lineOf(shown),
          text: query.slice(shown.start, shown.end).replace(/\s+/g, ' '),
          rows: await count(workspace, text),
        });
      }
    }
    return steps;
  } finally {
    await workspace.close();
  }
}

/** What an expression begins with, then each operator; `end` is where the expression ends with it. */
function pipeline(expression: KqlNode): { end: number; shown: KqlNode }[] {
  const [before, operator] = [expression.child('Expression'), expression.child('Operator')];
  return expression.kind === 'PipeExpression' && before && operator
    ? [...pipeline(before), { end: expression.end, shown: operator }]
    : [{ end: expression.end, shown: expression }];
}

async function count(workspace: Workspace, query: string): Promise<number> {
  const { rows } = await workspace.run(`${query}\n| count`);
  return Number(rows[0]?.[0] ?? 0);
}
