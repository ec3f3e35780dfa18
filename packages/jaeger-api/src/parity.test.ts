import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi } from './testing/api-for-test.ts';
import type { RunningApi } from './testing/api-for-test.ts';
import { ask } from './testing/ask.ts';
import { normalise } from './testing/normalise.ts';
import { QUESTIONS } from './testing/questions.ts';
import type { RealJaeger } from './testing/real-jaeger.ts';
import { jaegerIsAvailable, realJaeger } from './testing/real-jaeger.ts';
import { recordable, recorded } from './testing/recorded.ts';
import { sendScenarios } from './testing/send-scenarios.ts';

let store: RunningApi;

beforeAll(async () => {
  store = await startApi();
  await sendScenarios(store.otlpUrl);
});

afterAll(() => store.close());

describe('what a real Jaeger 2.13.0 answered once', () => {
  const answers = recorded();

  test('every question was asked', () => {
    expect(Object.keys(answers).toSorted()).toEqual(QUESTIONS.toSorted());
  });

  test.each(QUESTIONS)('%s', async (question) => {
    expect(recordable(normalise(await ask(store.url + question)))).toEqual(answers[question]);
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

  test.each(questions)('%s', async (question) => {
    const [ours, theirs] = await Promise.all([ask(store.url + question), ask(jaeger?.url + question)]);
    expect(normalise(ours)).toEqual(normalise(theirs));
  });
});
