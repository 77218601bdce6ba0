import { flatCopy } from '../encode/flat-copy.ts';
import type { Key } from '../encode/key.ts';

/** A metric, by its name, and the attributes that measurements of it share: key, value, key, value … */
export interface Metric {
  readonly name: string;
  readonly pairs: readonly unknown[];
}

/** What operations are counted by that are counted alike: one object for all of them. */
export interface Counted {
  /** The histogram of what they take. */
  readonly duration: Metric;
  /** The counter of messages that they send or get. */
  readonly messages?: Metric;
  /** The histogram of tokens that they use. */
  readonly tokens?: Metric;
  /** The attribute that {@link Outcome.detail} is the value of. */
  readonly detail?: Key;
  /** The slot of who counts, for what it has made of this. */
  series?: unknown;
}

/** What only the end of an operation tells of how it is counted. */
export interface Outcome {
  /** `error.type`, as it is on the span. */
  readonly errorType: string | undefined;
  readonly detail?: string;
  /** How many messages it was about; 1 if absent. */
  readonly messages?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

type Step = string | number | undefined;

const MAX_STEPS = 2_000;
const MAX_PLACES = 10_000;

/**
 * Finds what is counted alike by a few values, one after the other, without making one text of them: at each place is what those
 * on the way to it are counted by. Bounded, since apps may name things after data: what is forgotten is made again.
 */
export class CountedTree {
  counted: Counted | undefined = undefined;
  private readonly next = new Map<Step, CountedTree>();
  private readonly root: CountedTree;
  private places = 0;

  constructor(root?: CountedTree) {
    this.root = root ?? this;
  }

  at(step: Step): CountedTree {
    return this.next.get(step) ?? this.add(step);
  }

  private add(step: Step): CountedTree {
    const { root, next } = this;
    if (next.size >= MAX_STEPS) next.clear();
    if (++root.places > MAX_PLACES) {
      root.next.clear();
      root.places = 0;
    }
    const made = new CountedTree(root);
    // It may be a slice of a large text.
    next.set(typeof step === 'string' ? flatCopy(step) : step, made);
    return made;
  }
}
