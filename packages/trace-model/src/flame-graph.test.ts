import { expect, test } from '@jest/globals';
import { flameGraph } from './flame-graph.ts';
import type { FlameFrame } from './flame-graph.ts';
import { span, trace } from './testing/span.ts';

const text = (frames: readonly FlameFrame[], depth = 0): string =>
  frames
    .map(
      ({ service, name, spans, errors, selfTime, totalTime, children }) =>
        `${'  '.repeat(depth)}${service} ${name}: ${spans} spans, ${errors} errors, ${selfTime / 1_000_000n} of ${totalTime / 1_000_000n} ms\n${text(children, depth + 1)}`,
    )
    .join('');

test('a flame graph puts together what is called the same under the same frame', () => {
  const query = { name: 'SELECT', service: 'order' };
  const frames = flameGraph(
    trace(
      span({ n: 1, name: 'buy', service: 'gateway', ms: [0, 100] }),
      span({ n: 2, name: 'list', service: 'order', parent: 1, ms: [0, 40] }),
      span({ n: 3, ...query, parent: 2, ms: [0, 10] }),
      span({ n: 4, ...query, parent: 2, ms: [10, 30], error: true }),
      span({ n: 5, name: 'pay', service: 'till', parent: 1, ms: [40, 90] }),
      span({ n: 6, ...query, parent: 5, ms: [50, 60] }),
    ),
  );
  expect(text(frames)).toBe(`gateway buy: 1 spans, 0 errors, 10 of 100 ms
  till pay: 1 spans, 0 errors, 40 of 50 ms
    order SELECT: 1 spans, 0 errors, 10 of 10 ms
  order list: 1 spans, 0 errors, 10 of 40 ms
    order SELECT: 2 spans, 1 errors, 30 of 30 ms
`);
});

test('work that runs at the same time is counted each time, so that no frame is wider than the one above', () => {
  const frames = flameGraph(
    trace(
      span({ n: 1, name: 'buy', ms: [0, 10] }),
      span({ n: 2, name: 'one', parent: 1, ms: [0, 10] }),
      span({ n: 3, name: 'two', parent: 1, ms: [0, 10] }),
    ),
  );
  expect(text(frames)).toMatch(/^shop buy: 1 spans, 0 errors, 0 of 20 ms/);
});

test('a trace may be deeper than the call stack', () => {
  const deep = Array.from({ length: 20_000 }, (_, at) => span({ n: at + 1, parent: at, name: `level ${at}`, ms: [0, 1] }));
  let depth = 0;
  for (let frames = flameGraph(trace(...deep)); frames.length > 0; frames = frames[0]?.children ?? []) depth++;
  expect(depth).toBe(20_000);
});
