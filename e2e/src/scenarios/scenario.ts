import type { SpanQuery } from '@waymark/trace-testing';
import type { Answer, Shopper } from '../shop/shopper.ts';

/** The shoppers that a scenario can use. */
export interface Shoppers {
  /** Not logged in. */
  anonymous: Shopper;
  demo: Shopper;
  ada: Shopper;
  newShopper: () => Shopper;
}

/** A request to the shop, and what its response and its trace must be. */
export interface Scenario {
  /** The title of its tests. */
  title: string;
  ask(shoppers: Shoppers): Promise<Answer>;
  status: number;
  /** A part of the response body: for a failure, its `code`. */
  body?: object;
  headers?: Record<string, string>;
  /** A part of the order, when its trace is complete. */
  order?: object;
  /** The whole trace in the format of `toMatchTree`. Exactly the spans marked with ERROR may have errors. */
  tree: string;
  /** Spans that the trace must have, with their special attributes and events. */
  spans?: readonly SpanQuery[];
  /** `unknown` if a call gets no answer. Default: `complete`. */
  completeness?: 'unknown';
  /** What the shop must have for this scenario: a setting in `settings.ts`, or a trace store for another shop. */
  needs?: string;
}
