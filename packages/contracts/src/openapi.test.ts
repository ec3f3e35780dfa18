import { expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { OpenAPIV3_1 } from 'openapi-types';
import type { z } from 'zod';
import { successOf, type Route } from './api.ts';
import { authApi } from './auth.ts';
import { gatewayApi } from './gateway.ts';
import { inventoryApi } from './inventory.ts';
import { openApi } from './openapi.ts';
import { orderApi } from './order.ts';
import { problem } from './problem.ts';

const info = { title: 'Waymark', version: '1' };
const document = openApi(gatewayApi, info);

const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path ?? {}) as OpenAPIV3_1.OperationObject[]);
const answersOf = ({ responses }: OpenAPIV3_1.OperationObject): [string, OpenAPIV3_1.ResponseObject][] =>
  Object.entries(responses ?? {}) as [string, OpenAPIV3_1.ResponseObject][];

function operation(path: string, method: 'get' | 'post' | 'delete'): OpenAPIV3_1.OperationObject {
  const found = document.paths?.[path]?.[method];
  if (!found) throw new Error(`No ${method} ${path}`);
  return found;
}

test.each([gatewayApi, authApi, orderApi, inventoryApi])('the description of $service is valid OpenAPI 3.1', async (api) => {
  const validator = new Validator();
  const verdict = await validator.validate(JSON.parse(JSON.stringify(openApi(api, info))));
  expect(verdict).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

test('every answer names its trace, and every error is a problem with examples', () => {
  expect(operations).toHaveLength(Object.keys(gatewayApi.routes).length);
  for (const [status, { headers, content }] of operations.flatMap(answersOf)) {
    expect(Object.keys(headers ?? {})).toEqual(expect.arrayContaining(['x-trace-id', 'traceresponse', 'server-timing']));
    if (Number(status) < 400) continue;
    const examples = Object.entries(content?.['application/problem+json']?.examples ?? {});
    expect(examples).not.toEqual([]);
    for (const [code, example] of examples) {
      expect(problem.strict().parse((example as OpenAPIV3_1.ExampleObject).value)).toMatchObject({ code, status: Number(status) });
    }
  }
});

test.each([
  ['401', 'www-authenticate'],
  ['405', 'allow'],
  ['429', 'retry-after'],
  ['503', 'retry-after'],
])('an answer with %s describes its header %s', (status, name) => {
  const answers = operations.flatMap(answersOf).filter(([found]) => found === status);
  expect(answers).not.toEqual([]);
  for (const [, { headers }] of answers) expect(headers).toHaveProperty(name, { $ref: `#/components/headers/${name}` });
  expect(document.components?.headers).toHaveProperty([name, 'example']);
});

test('the server in the description is the one that serves it', () => {
  expect(document.servers?.map(({ url }) => new URL(url, 'http://shop.test:8080/openapi.json').href)).toEqual(['http://shop.test:8080/']);
});

test('every operation has a tag, a summary and a description', () => {
  const tags = document.tags?.map(({ name }) => name);
  for (const { tags: own, summary, description } of operations) {
    expect(tags).toEqual(expect.arrayContaining(own ?? []));
    expect([own?.length, summary, description]).toEqual([1, expect.stringMatching(/^[A-Z].*[^.]$/), expect.stringMatching(/^[A-Z].*\.$/)]);
  }
  expect(new Set(tags)).toEqual(new Set(operations.flatMap(({ tags: own }) => own)));
});

const routes = Object.entries<Route>(gatewayApi.routes);
const described = ({ path, method }: Route): OpenAPIV3_1.OperationObject => operation(path, method.toLowerCase() as 'get');

test.each(routes)('the example of each parameter of %s is valid', (_, route) => {
  const parts: Record<string, z.ZodObject | undefined> = { path: route.params, query: route.query, header: route.headers };
  for (const { name, in: place, example } of described(route).parameters as OpenAPIV3_1.ParameterObject[]) {
    const schema = parts[place]?.shape[name] as z.ZodType | undefined;
    expect(schema?.safeParse(String(example))).toMatchObject({ success: true, data: example });
  }
});

test.each(routes.filter(([, { body }]) => body))('the example body of %s is valid', (_, route) => {
  const { content } = described(route).requestBody as OpenAPIV3_1.RequestBodyObject;
  expect(route.body?.parse(content['application/json']?.example)).toEqual(content['application/json']?.example);
});

test.each(routes)('the example answer of %s is valid', (_, route) => {
  const { status, body } = successOf(route);
  const content = (described(route).responses?.[status] as OpenAPIV3_1.ResponseObject | undefined)?.content;
  expect(body.parse(content?.['application/json']?.example)).toEqual(content?.['application/json']?.example);
});

test('operation ids are the route names of the contract, each once', () => {
  const ids = Object.values(document.paths ?? {}).flatMap((path) =>
    Object.values(path ?? {}).map((one) => (one as OpenAPIV3_1.OperationObject).operationId),
  );
  expect(ids).toEqual(expect.arrayContaining(Object.keys(gatewayApi.routes)));
  expect(ids).toHaveLength(Object.keys(gatewayApi.routes).length);
});

test('a parameter is required unless it is optional or has a default', () => {
  const given = [operation('/v1/orders', 'get'), operation('/v1/orders', 'post'), operation('/v1/products/{sku}', 'get')]
    .flatMap(({ parameters }) => parameters as OpenAPIV3_1.ParameterObject[])
    .map(({ name, in: place, required }) => [name, place, required]);
  expect(given).toEqual([
    ['limit', 'query', false],
    ['before', 'query', false],
    ['idempotency-key', 'header', true],
    ['sku', 'path', true],
  ]);
});

test('routes that need the session token require it, and the others declare that they do not', () => {
  expect(operation('/v1/orders', 'post').security).toEqual([{ session: [] }]);
  expect(operation('/v1/sessions/current', 'delete').security).toEqual([{ session: [] }]);
  expect(operation('/v1/sessions', 'post').security).toEqual([]);
  expect(operation('/v1/products', 'get').security).toEqual([]);
});

test('an empty answer has no content, and one with a body has its schema', () => {
  expect(operation('/v1/sessions/current', 'delete').responses?.['204']).not.toHaveProperty('content');
  expect(operation('/v1/products', 'get').responses?.['200']).toHaveProperty('content.application/json.schema.properties.items');
});

test('each error status lists its codes with their titles', () => {
  expect(operation('/v1/orders', 'post').responses?.['409']).toMatchObject({
    description:
      '`out_of_stock`: Not enough in stock\n\n`placement_abandoned`: Another request abandoned this order\n\n`reservation_lost`: The reservation was lost',
  });
});
