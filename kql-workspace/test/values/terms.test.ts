import fc from 'fast-check';
import { emptyEngine } from '../kql.ts';

const kql = emptyEngine();

const alphabet = ['a', 'B', 'b', '1', '.', '-', '_', ' ', 'é', 'É', '—', '日', '\n', '$'];
const text = fc.array(fc.constantFrom(...alphabet), { maxLength: 10 }).map((parts) => parts.join(''));
const needle = fc
  .array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''));

/** Letters and digits of any script make terms. */
function inTerm(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}

/** `has` by its definition: the needle stands somewhere and cuts no term at its edges. */
function has(haystack: string, wanted: string, edges: 'both' | 'start' | 'end'): boolean {
  const [whole, part] = [[...haystack.toLowerCase()], [...wanted.toLowerCase()]];
  return whole.some((_character, at) => {
    if (!part.every((character, index) => whole[at + index] === character)) return false;
    const cutsStart = inTerm(part[0]) && inTerm(whole[at - 1]);
    const cutsEnd = inTerm(part.at(-1)) && inTerm(whole[at + part.length]);
    return !(edges !== 'end' && cutsStart) && !(edges !== 'start' && cutsEnd);
  });
}

const pairs = fc.array(fc.tuple(text, needle), { minLength: 20, maxLength: 60 });

test('has, hasprefix and hassuffix follow their definition, for needles out of data', async () => {
  await fc.assert(
    fc.asyncProperty(pairs, async (rows) => {
      const values = rows.flat().map((value) => JSON.stringify(value));
      const { rows: answers } = await kql.run(
        `datatable(t: string, n: string)[${values.join(', ')}] | project t has n, t hasprefix n, t hassuffix n`,
      );
      expect(answers).toEqual(
        rows.map(([t, n]) => [has(t, n, 'both'), has(t, n, 'start'), has(t, n, 'end')]),
      );
    }),
    { numRuns: 15 },
  );
});

test('has, has_any and has_all follow it for needles that the query spells out', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 20, maxLength: 60 }),
      fc.array(needle, { minLength: 1, maxLength: 3 }),
      async (texts, needles) => {
        const list = needles.map((each) => JSON.stringify(each)).join(', ');
        const { rows: answers } = await kql.run(
          `datatable(t: string)[${texts.map((each) => JSON.stringify(each)).join(', ')}]
         | project t has ${JSON.stringify(needles[0])}, t has_any (${list}), t has_all (${list})`,
        );
        const one = (t: string) => has(t, needles[0] ?? '', 'both');
        const each = (t: string) => needles.map((n) => has(t, n, 'both'));
        expect(answers).toEqual(texts.map((t) => [one(t), each(t).includes(true), !each(t).includes(false)]));
      },
    ),
    { numRuns: 15 },
  );
});
