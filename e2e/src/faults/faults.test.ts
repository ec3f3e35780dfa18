import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '@waymark/service-kit/testing/until';
import type { Fault } from '@waymark/faults';
import { duration, type Span, type Trace } from '@waymark/trace-model';
import type { OwnShop } from '../own-shop/own-shop.ts';
import { EXPECTED, type Expected } from './expected.ts';
import { anyRun, page, section, verdictLines } from './page.ts';
import { faultsInFile, startFaultyShop, suffer, tracesLeft, type Left, type Suffered } from './suffer.ts';

const faults = await faultsInFile();
const documented = await readFile(join(import.meta.dirname, '../../../docs/faults.md'), 'utf8');
const documentedSection = (name: string): string => {
  const found = documented.split(/^(?=## )/m).find((one) => one.startsWith(`## ${name}\n`));
  return `${found?.trimEnd()}\n`;
};

/** What each run of a section shows. OpenTelemetry's SDK starts spans at whole milliseconds, so those of the same one come in any order. */
const shown = (text: string): string =>
  process.env['WAYMARK_TRACING'] === 'sdk' ? anyRun(text).split('\n').toSorted().join('\n') : anyRun(text);

/** Enough tries for a fault with a chance of 25 % to hit as documented. */
const TRIES = 80;

let own: OwnShop;
beforeAll(async () => {
  own = await startFaultyShop();
}, 120_000);
afterAll(async () => own?.[Symbol.asyncDispose]());

test('every fault is expected to do something', () => {
  expect(faults.map(({ name }) => name)).toEqual(Object.keys(EXPECTED));
});

test('docs/faults.md has the introduction, the list and a section for each fault', () => {
  const sections = faults.map(({ name }) => documentedSection(name));
  expect(documented).toBe(page(faults, sections));
});

test.each([
  ['auth-slwo', 'x-waymark-fault: The fault "auth-slwo" does not exist. There are: auth-slow, '],
  ['context-lost-in-callback,context-injected-twice,inventory-unreachable', 'may have at most 64 characters'],
])('a request that asks for %s is refused', async (header, detail) => {
  const answer = await own.demo.call('GET', '/v1/products', { headers: { 'x-waymark-fault': header } });
  expect(answer).toMatchObject({ status: 400, body: { code: 'malformed_request', detail: expect.stringContaining(detail) } });
});

describe.each(faults)('$name', (fault) => {
  const expected = EXPECTED[fault.name] as Expected;
  let suffered: Suffered;
  let left: Left;

  beforeAll(async () => {
    suffered = await sufferUntil(fault, expected);
    const look = (): Promise<Left> => tracesLeft(own, suffered, fault.name);
    const isDocumented = (sofar: Left): boolean => shown(section(fault, suffered, sofar)) === shown(documentedSection(fault.name));
    // If it never is, the first test shows how it differs.
    left = await until(look, isDocumented, 'the traces to be as documented', 15_000).catch(look);
  }, 180_000);

  test('the answer and the traces are those of docs/faults.md', () => {
    expect(shown(section(fault, suffered, left))).toBe(shown(documentedSection(fault.name)));
  });

  test('the user gets the expected answer and order', () => {
    const { status, code, order } = expected;
    expect({ ...suffered.answer, order: suffered.order }).toMatchObject({
      status,
      ...(code && { body: { code } }),
      ...(order && { order }),
    });
  });

  test('the verdict says what is wrong, and the spans that were hit are marked', () => {
    const { trace, elsewhere } = left;
    const { marked, markedElsewhere = [] } = expected;
    expect(verdictLines(trace)[0]).toMatch(expected.verdict);
    const hit = typeof marked === 'string' ? trace.spans.filter(({ service }) => service === marked).map(nameOf) : marked;
    expect(marksOf(trace, fault.name)).toEqual(hit);
    expect(elsewhere ? verdictLines(elsewhere).join('\n') : '').toMatch(expected.elsewhere ?? /^$/);
    expect(elsewhere ? marksOf(elsewhere, fault.name) : []).toEqual(markedElsewhere);
  });

  const [slow, ms] = expected.atLeastMs ?? [];
  if (slow) {
    test(`each ${slow} takes at least ${ms} ms`, () => {
      const durations = left.trace.spans.filter((span) => nameOf(span) === slow).map((span) => Number(duration(span)) / 1e6);
      expect(Math.min(...durations)).toBeGreaterThanOrEqual(ms ?? 0);
    });
  }
});

const nameOf = ({ service, kind, name }: Span): string => `${service} ${kind} ${name}`;
const marksOf = ({ spans }: Trace, fault: string): string[] =>
  spans.filter(({ attributes }) => attributes['waymark.fault'] === fault).map(nameOf);

/** Suffers a fault; one that hits now and then, until it has hit as documented. */
async function sufferUntil({ name }: Fault, { errors }: Expected): Promise<Suffered> {
  for (let tries = 1; ; tries += 1) {
    const suffered = await suffer(own, name);
    if (errors === undefined || tries === TRIES) return suffered;
    const { spans } = await own.traces.of(suffered.answer);
    if (spans.filter(({ status }) => status.code === 'ERROR').length === errors) return suffered;
  }
}
