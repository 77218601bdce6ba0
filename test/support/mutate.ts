/** Random and mutated texts for parsers: cheap to make, since a run takes millions, and the same for the same seed. */

/** Pieces that parsers have opinions of, whatever they parse. */
const COMMON = [
  '',
  ' ',
  '\t',
  '\0',
  '\r\n',
  '%',
  '%00',
  '%ff',
  '%zz',
  '"',
  "'",
  '\\',
  ',',
  ';',
  '=',
  '-',
  '@',
  ':',
  '/',
  '?',
  '#',
  '&',
];
const ODD = [
  'é',
  '\u{1f600}',
  '\ud800',
  '\udc00',
  '\u2028',
  '\u202e',
  '\uffff',
  '[',
  ']',
  '(',
  ')',
  '{',
  '}',
  '0',
  '-1',
  '1e309',
  'NaN',
];

export class Mutator {
  readonly #seeds: readonly string[];
  readonly #pieces: readonly string[];
  #state: number;

  constructor(seeds: readonly string[], pieces: readonly string[], seed: number) {
    this.#seeds = seeds;
    this.#pieces = [...COMMON, ...ODD, ...pieces];
    this.#state = seed | 1;
  }

  /** From 0 to below `n` (xorshift). */
  below(n: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % n;
  }

  #piece(): string {
    return this.#pieces[this.below(this.#pieces.length)];
  }

  /** A seed with one to eight changes, or pieces alone; one in 4,096 is long. */
  text(): string {
    let text = this.below(8) === 0 ? '' : this.#seeds[this.below(this.#seeds.length)];
    for (let changes = 1 + this.below(8); changes > 0; changes--) text = this.#changed(text);
    return this.below(4_096) === 0 ? text.repeat(1 + this.below(2_000)).slice(0, 200_000) : text;
  }

  #changed(text: string): string {
    const at = this.below(text.length + 1);
    const to = Math.min(text.length, at + this.below(9));
    switch (this.below(6)) {
      case 0:
        return text.slice(0, at) + this.#piece() + text.slice(at);
      case 1:
        return text.slice(0, at) + this.#piece() + text.slice(to);
      case 2:
        return text.slice(0, at) + text.slice(to);
      case 3:
        return text.slice(0, to) + text.slice(at);
      case 4:
        return (
          text.slice(0, at) +
          String.fromCharCode(this.below(this.below(4) === 0 ? 0x1_0000 : 128)) +
          text.slice(at + 1)
        );
      default:
        return at < text.length
          ? text.slice(0, at) + this.#piece().repeat(1 + this.below(4)) + text.slice(at)
          : text.slice(this.below(4));
    }
  }
}
