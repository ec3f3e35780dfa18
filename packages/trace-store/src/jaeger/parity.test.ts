import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTraceStore } from '../start-trace-store.ts';
import type { RunningTraceStore } from '../start-trace-store.ts';
import { ask } from '../testing/ask.ts';
import { normalise } from '../testing/normalise.ts';
import { QUESTIONS } from '../testing/questions.ts';
import type { RealJaeger } from '../testing/real-jaeger.ts';
import { jaegerIsAvailable, realJaeger } from '../testing/real-jaeger.ts';
import { recordable, recorded } from '../testing/recorded.ts';
import { sendScenarios } from '../testing/send-scenarios.ts';
import { SINCE_2_13 } from '../testing/since-2.13.ts';

let store: RunningTraceStore;

beforeAll(async () => {
  store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  await sendScenarios(store.otlpUrl);
});

afterAll(() => store.close());

describe('what a real Jaeger 2.13.0 answered once', () => {
  const answers = recorded();

  test('every question was asked', () => {
    expect(Object.keys(answers).toSorted()).toEqual(QUESTIONS.toSorted());
  });

  test.each(QUESTIONS.filter((question) => !SINCE_2_13.has(question)))('%s', async (question) => {
    expect(recordable(normalise(await ask(store.url + question)))).toEqual(answers[question]);
  });

  test.each([...SINCE_2_13])('%s is answered otherwise since', async (question, answer) => {
    expect(await ask(store.url + question)).toEqual(answer);
    expect(answers[question]).not.toEqual(recordable(normalise(answer)));
  });
});

const available = jaegerIsAvailable(process.env);
const besideJaeger = available ? describe : describe.skip;
const questions = available ? QUESTIONS : ['every question: set JAEGER_BINARY, or JAEGER_URL and JAEGER_OTLP_URL'];

besideJaeger('what a real Jaeger answers now', () => {
  let jaeger: RealJaeger | undefined;

  beforeAll(async () => {
    jaeger = await realJaeger(process.env);
    await sendScenarios(jaeger.otlpUrl);
  }, 60_000);

  afterAll(() => jaeger?.stop());

  test.each(questions.filter((question) => !SINCE_2_13.has(question)))('%s', async (question) => {
    const [ours, theirs] = await Promise.all([ask(store.url + question), ask(jaeger?.url + question)]);
    expect(normalise(ours)).toEqual(normalise(theirs));
  });
});
