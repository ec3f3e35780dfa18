import type { Span } from '@waymark/trace-model';

/** The attempts at fulfilling an order, in order. */
export const attemptsIn = (spans: readonly Span[]): Span[] =>
  spans
    .filter(({ name }) => name === 'process fulfil_order')
    .toSorted((a, b) => Number(a.attributes['waymark.job.attempt']) - Number(b.attributes['waymark.job.attempt']));
