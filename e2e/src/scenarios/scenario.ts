import type { SpanQuery } from '@waymark/trace-testing';
import type { Answer, Shopper } from '../shop/shopper.ts';

/** Who asks: nobody in particular, two people who are logged in, or somebody new. */
export interface Visitors {
  stranger: Shopper;
  demo: Shopper;
  ada: Shopper;
  somebody: () => Shopper;
}

/** One request to the shop, and what is to be true of its answer and of its trace. */
export interface Scenario {
  /** A sentence: the name of its tests. */
  title: string;
  ask(visitors: Visitors): Promise<Answer>;
  status: number;
  /** What the answer's body has, besides what it may have; for a failure, its `code`. */
  body?: object;
  headers?: Record<string, string>;
  /** What the order that was placed has become when its trace is complete. */
  order?: object;
  /** The whole trace, as `toMatchTree` reads it; a span that it does not mark ERROR has no error. */
  tree: string;
  /** What some spans say beyond what every span of their kind must. */
  spans?: readonly SpanQuery[];
  /** Whether all of its trace is there, which is `complete` if not said. Where a call got no answer, nobody knows what its server did. */
  completeness?: 'unknown';
  /** What the shop must have, or this cannot be seen: a setting of `settings.ts`, or a trace store to export to. */
  needs?: string;
}
