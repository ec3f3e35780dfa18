import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { span, trace } from './testing/span.ts';
import { tree, walk } from './tree.ts';
import type { SpanNode } from './tree.ts';
import type { SpanParts as Parts } from './testing/span.ts';

const sketch = ({ span, place, duplicate, children }: SpanNode): string =>
  `${span.name}${place === 'child' ? '' : `:${place}`}${duplicate ? '*' : ''}${children.length > 0 ? `(${children.map(sketch).join(' ')})` : ''}`;
const drawn = (...spans: readonly Parts[]): string =>
  tree(trace(...spans.map((parts) => span({ name: String(parts.n), ...parts }))))
    .tops.map(sketch)
    .join(' ');

test('children are below their parents in order of start, for any order of arrival', () => {
  expect(drawn({ n: 3, parent: 1, ms: [5, 6] }, { n: 2, parent: 1, ms: [1, 2] }, { n: 1 })).toBe('1:root(2 3)');
});

test('an orphan stays at the top, with its children below it', () => {
  expect(drawn({ n: 1 }, { n: 2, parent: 9, ms: [1, 2] }, { n: 3, parent: 2, ms: [1, 2] })).toBe('1:root 2:orphan(3)');
});

test('each root is at the top', () => {
  expect(drawn({ n: 1 }, { n: 2, ms: [1, 2] })).toBe('1:root 2:root');
});

test('duplicates stay, and children belong to the one of their own service', () => {
  const twins = [{ n: 1 }, { n: 2, parent: 1, service: 'a' }, { n: 2, parent: 1, service: 'b' }];
  expect(drawn(...twins, { n: 3, parent: 2, service: 'b' }, { n: 4, parent: 2, service: 'c' })).toBe('1:root(2*(4) 2*(3))');
});

test('a cycle starts at its earliest span', () => {
  expect(
    drawn({ n: 1, parent: 3, ms: [2, 3] }, { n: 2, parent: 1, ms: [1, 3] }, { n: 3, parent: 2, ms: [3, 4] }, { n: 4, parent: 1 }),
  ).toBe('2:cycle(3(1(4)))');
  expect(drawn({ n: 1, parent: 1 })).toBe('1:cycle');
});

test('every span is in the tree exactly once, for any ids', () => {
  const number = fc.integer({ min: 1, max: 12 });
  const parts = fc.record({ n: number, parent: number, ms: fc.tuple(number, number) }, { requiredKeys: ['n', 'ms'] });
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 20 }), (all) => {
      // A span that was delivered twice is in the trace once.
      const whole = trace(...all.map((one) => span(one)));
      const { spans } = whole;
      const nodes = walk(tree(whole));
      expect(new Set(nodes.map((node) => node.span))).toEqual(new Set(spans));
      expect(nodes).toHaveLength(spans.length);
      for (const node of nodes) {
        expect(node.depth).toBe(node.parent ? node.parent.depth + 1 : 0);
        expect(node.place === 'child').toBe(node.parent !== undefined);
      }
    }),
  );
});

test('a very deep chain can be walked', () => {
  const chain = Array.from({ length: 50_000 }, (_, n) => span(n === 0 ? { n: 1 } : { n: n + 1, parent: n }));
  expect(walk(tree({ traceId: '', spans: chain })).at(-1)?.depth).toBe(49_999);
});
