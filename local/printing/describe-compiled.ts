import type { CompiledHunt, Moment, Reach } from '../../functions/domain/hunting/compiled-hunt.ts';
import { kql, timespan } from '../../functions/domain/kql/kql.ts';

/** What one run of a hunt looks at, in words that go behind "looks at". */
export function describeCovers({ covers, coversFrom, lookbackMs }: CompiledHunt): string {
  if (!covers) return 'a span that is not known';
  if (coversFrom === 'prelude')
    return lookbackMs === undefined ? 'the usual lookback' : `the last ${span(lookbackMs)}`;
  return describeReach(covers);
}

/** What else its author should know, a sentence each. */
export function notesOn({ counts, pairs, asOfToday, notReplayable, coversFrom }: CompiledHunt): string[] {
  return [
    ...(coversFrom === 'declared' ? ['how far back it looks is what its lookback says'] : []),
    ...(counts ? ['it counts or limits, so what is missed is replayed run by run'] : []),
    ...(pairs && !counts ? ['it puts events together, so what is missed is replayed run by run'] : []),
    ...asOfToday.map((what) => `whatever time it is run for, it takes ${what}`),
    ...notReplayable.map((why) => `it can't be run for an earlier time: ${why}`),
  ];
}

function describeReach({ from, to }: Reach): string {
  const toRun = to === null || to.op === 'run';
  if (toRun && from?.op === 'add' && from.of.op === 'run' && from.ms < 0) return `the last ${span(-from.ms)}`;
  return `${from ? describe(from) : 'the beginning'} to ${to ? describe(to) : 'the run'}`;
}

function describe(moment: Moment): string {
  switch (moment.op) {
    case 'run':
      return 'the run';
    case 'lookback':
      return 'the lookback before the run';
    case 'at':
      return moment.iso;
    case 'add':
      return `${span(Math.abs(moment.ms))} ${moment.ms < 0 ? 'before' : 'after'} ${describe(moment.of)}`;
    case 'floor':
      return `the start of the ${moment.to} of ${describe(moment.of)}`;
    case 'ceil':
      return `the end of the ${moment.to} of ${describe(moment.of)}`;
    case 'bin':
      return `${describe(moment.of)}, rounded down to ${span(moment.ms)}`;
    case 'months':
      return `${Math.abs(moment.count)} months ${moment.count < 0 ? 'before' : 'after'} ${describe(moment.of)}`;
    case 'earliest':
    case 'latest':
      return `the ${moment.op === 'latest' ? 'later' : 'earlier'} of ${moment.of.map(describe).join(' and ')}`;
  }
}

/** As KQL writes it: 5d, 90m. */
function span(ms: number): string {
  return kql`${timespan(ms)}`.text;
}
