/** Controls, bidirectional overrides, zero-width and other invisible characters, odd spaces, lone surrogates, and the bracket that marks an escape. Emoji's variation selectors stay. */
const invisible =
  /^[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\u2039]$/u;
/** Most text, and no need to look further. */
const printable = /^[ -~]$/;
const mark = /^\p{M}$/u;
const variationSelector = /^[\ufe0e\ufe0f]$/;
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** No script stacks more marks on a letter; more is there to paint over the lines around it. */
const MAX_MARKS = 4;

/**
 * How text from data is shown to people, everywhere: on one line, with nothing invisible in it and nothing that moves the text around it.
 * What can't be seen is written `‹U+202E›`; of a text longer than `limit` characters, by more than a remark on it takes, the middle is left out, and counted.
 * Right-to-left text stands in a bidirectional isolate. Markup is for the channel to escape: this knows none.
 */
export function showText(text: string, limit: number): string {
  const characters = Array.from(text);
  // Every character takes room, so none further from both ends than the limit can be shown.
  const near =
    characters.length > 2 * limit ? [...characters.slice(0, limit), ...characters.slice(-limit)] : characters;
  const shown = shorten(visible(near), limit, characters.length - near.length);
  return rightToLeft.test(shown) ? `\u2068${shown}\u2069` : shown;
}

/** About the room that the remark on what is left out takes: to leave out less than that saves nothing. */
const REMARK_LENGTH = 30;

/** What is shown for each character: itself or its escape. */
function visible(characters: string[]): string[] {
  let marks = 0;
  return characters.map((character) => {
    if (printable.test(character)) {
      marks = 0;
      return character;
    }
    marks = mark.test(character) ? marks + 1 : 0;
    const hidden = invisible.test(character) && !variationSelector.test(character);
    return hidden || marks > MAX_MARKS ? escaped(character) : character;
  });
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`;
}

/** Two thirds of the room for the start, one third for the end: both tell hosts and file names. `gone`: how many are missing from the middle already. */
function shorten(pieces: string[], limit: number, gone: number): string {
  if (gone === 0 && lengthOf(pieces) <= limit + REMARK_LENGTH) return pieces.join('');
  const head = takeWithin(pieces, Math.ceil((limit * 2) / 3));
  const tail = takeWithin(pieces.slice(head.length).reverse(), Math.floor(limit / 3)).reverse();
  const left = gone + pieces.length - head.length - tail.length;
  return `${head.join('')} ‹${left} characters left out› ${tail.join('')}`;
}

function takeWithin(pieces: string[], room: number): string[] {
  const taken: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    length += piece.length;
    if (length > room) break;
    taken.push(piece);
  }
  return taken;
}

function lengthOf(pieces: string[]): number {
  return pieces.reduce((length, piece) => length + piece.length, 0);
}
