import { expect, test } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { description } from './description.ts';

const config = await createConfig({ extends: ['recommended-strict'] });
const problemsOf = async (document: object): Promise<string[]> =>
  (await lintFromString({ source: JSON.stringify(document), config })).map(
    ({ ruleId, message, location }) => `${ruleId} at ${location[0]?.pointer}: ${message}`,
  );

test('Redocly finds nothing wrong with the description of the API', async () => {
  expect(await problemsOf(description)).toEqual([]);
});

test('Redocly sees a description that is wrong', async () => {
  const { license: _, ...info } = description.info;
  expect(await problemsOf({ ...description, info })).toEqual([expect.stringContaining('info-license')]);
});
