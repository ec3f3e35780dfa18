import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { ReadableSpan } from '../provider/interfaces.ts';
import fc from 'fast-check';
import { bind, contextKey, detach, drainDetached, RequestContext, span } from '@waymark/context';
import { SegmentManifest } from './manifest.ts';
import { exceptions, named, recordSpans } from '../testing/recorded-spans.ts';

const recorded = recordSpans(new SegmentManifest());
const PATH = contextKey<string>('path');

/** A tree of work: each node runs its children, in parallel or in sequence, with one of the tools. */
interface Work {
  name: string;
  tool: 'span' | 'detach' | 'bind' | 'timer';
  atOnce: boolean;
  fails: boolean;
  children: Work[];
}

/** A foreign callback queue, which runs everything in its own context. */
const foreign: (() => void)[] = [];
setInterval(() => foreign.splice(0).forEach((run) => run()), 1).unref();

/** Runs the children, then fails with its own error or the first of theirs. */
async function below(work: Work, path: string): Promise<void> {
  expect(RequestContext.current().get(PATH) ?? '').toBe(path);
  const errors: unknown[] = [];
  const settle = async (child: Work): Promise<unknown> =>
    start(child, path).then(
      () => undefined,
      (error: unknown) => error,
    );
  if (work.atOnce) errors.push(...(await Promise.all(work.children.map(settle))));
  else for (const child of work.children) errors.push(await settle(child));
  expect(RequestContext.current().get(PATH) ?? '').toBe(path);
  const first = errors.find((error) => error !== undefined);
  if (work.fails || first) throw work.fails ? new Error(work.name) : first;
}

async function start(work: Work, path: string): Promise<void> {
  const inner = `${path}/${work.name}`;
  const run = async (): Promise<void> =>
    RequestContext.current()
      .with(PATH, inner)
      .run(() => below(work, inner));
  switch (work.tool) {
    case 'span':
      return span(work.name, run);
    case 'detach':
      return detach(work.name, null, run);
    case 'timer':
      await delay(1);
      return below(work, path);
    case 'bind':
      return new Promise((resolve, reject) => foreign.push(bind(() => void below(work, path).then(resolve, reject))));
  }
}

/** The expected fields of a span. */
interface Expected {
  parent: string | undefined;
  spans: number | undefined;
  detached: string[] | undefined;
  exceptions: string[];
}

/** The expected spans for a tree, and the name of the error that the work ends with. */
function expectation(work: Work, into: Map<string, Expected>, parent?: string, segment?: string): string | undefined {
  const isSpan = work.tool === 'span' || work.tool === 'detach';
  const root = work.tool === 'detach' || segment === undefined ? work.name : segment;
  if (isSpan) {
    const begins = root === work.name;
    into.set(work.name, { parent, spans: begins ? 0 : undefined, detached: undefined, exceptions: [] });
    into.get(root)!.spans! += 1;
    if (work.tool === 'detach' && segment) (into.get(segment)!.detached ??= []).push(work.name);
  }
  const errors = work.children.map((child) => expectation(child, into, isSpan ? work.name : parent, root));
  const error = work.fails ? work.name : errors.find((one) => one !== undefined);
  const known = [...into.values()].some(({ exceptions: seen }) => error !== undefined && seen.includes(error));
  if (isSpan && error !== undefined && !known) into.get(work.name)!.exceptions.push(error);
  return work.tool === 'detach' ? undefined : error;
}

function found(spans: readonly ReadableSpan[]): Map<string, Expected> {
  const names = new Map(spans.map((one) => [one.spanContext().spanId, one.name]));
  return new Map(
    spans.map((one) => [
      one.name,
      {
        parent: one.parentSpanContext && names.get(one.parentSpanContext.spanId),
        spans: one.attributes['waymark.segment.spans'] as number | undefined,
        detached: (one.attributes['waymark.segment.detached'] as string[] | undefined)?.map((id) => names.get(id) ?? id),
        exceptions: exceptions(one) as string[],
      },
    ]),
  );
}

const shape = fc.memo((depth): fc.Arbitrary<Omit<Work, 'name'>> =>
  fc.record({
    tool: fc.constantFrom('span', 'span', 'detach', 'bind', 'timer'),
    atOnce: fc.boolean(),
    fails: fc.constantFrom(true, false, false, false),
    children: depth > 1 ? fc.array(shape(depth - 1) as fc.Arbitrary<Work>, { maxLength: 3 }) : fc.constant([]),
  }),
);

/** A tree with unique names and a span as its root. */
const work: fc.Arbitrary<Work> = shape(5).map((root) => {
  let count = 0;
  const named = (one: Omit<Work, 'name'>): Work => ({ ...one, name: `${one.tool} ${(count += 1)}`, children: one.children.map(named) });
  return named({ ...root, tool: 'span' });
});

test('traces any tree of spans, detached tasks, bound callbacks and timers, in parallel or in sequence, failing or not', async () => {
  await fc.assert(
    fc.asyncProperty(work, async (root) => {
      const expected = new Map<string, Expected>();
      const error = expectation(root, expected);
      const ended = await start(root, '').then(
        () => undefined,
        ({ message }: Error) => message,
      );
      await drainDetached(60_000);
      const spans = found(await recorded.take(expected.size));
      for (const one of [...spans.values(), ...expected.values()]) one.detached?.sort();
      expect(ended).toBe(error);
      expect(spans).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

const c = async (fails: boolean): Promise<void> =>
  span(fails ? 'C fails' : 'C', async () => {
    await delay(1);
    if (fails) throw new Error('of C');
  });

test('A → B → C, each with several children: an error in C fails B and A, and is recorded once', async () => {
  const a = span('A', () => Promise.all([span('B', () => Promise.all([c(true), c(false)])), span('B alone', () => c(false))]));
  await expect(a).rejects.toThrow('of C');

  const spans = await recorded.take(6);
  expect(found(spans).get('A')).toEqual({ parent: undefined, spans: 6, detached: undefined, exceptions: [] });
  expect(spans.flatMap(exceptions)).toEqual(['of C']);
  expect(exceptions(named(spans, 'C fails'))).toEqual(['of C']);
});
