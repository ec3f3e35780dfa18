import { expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { OpenAPIV3_1 } from 'openapi-types';
import { authApi } from './auth.ts';
import { gatewayApi } from './gateway.ts';
import { inventoryApi } from './inventory.ts';
import { openApi } from './openapi.ts';
import { orderApi } from './order.ts';

const info = { title: 'Waymark', version: '1' };
const document = openApi(gatewayApi, info);

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

test('every answer of every operation tells of its trace, and every error is a problem', () => {
  const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path ?? {}) as OpenAPIV3_1.OperationObject[]);
  const answers = operations.flatMap(({ responses }) => Object.entries(responses ?? {}) as [string, OpenAPIV3_1.ResponseObject][]);
  expect(operations).toHaveLength(Object.keys(gatewayApi.routes).length);
  for (const [status, { headers, content }] of answers) {
    expect(Object.keys(headers ?? {})).toEqual(['x-trace-id', 'traceresponse']);
    expect(Number(status) < 400 || content?.['application/problem+json']).toBeTruthy();
  }
});

test('operation ids are those of the contract, each once', () => {
  const ids = Object.values(document.paths ?? {}).flatMap((path) =>
    Object.values(path ?? {}).map((one) => (one as OpenAPIV3_1.OperationObject).operationId),
  );
  expect(ids).toEqual(expect.arrayContaining(Object.keys(gatewayApi.routes)));
  expect(ids).toHaveLength(Object.keys(gatewayApi.routes).length);
});

test('parameters: what must be sent is required, what has a default or is optional is not', () => {
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

test('the session token is a security requirement, on the routes that need it', () => {
  expect(operation('/v1/orders', 'post').security).toEqual([{ session: [] }]);
  expect(operation('/v1/sessions/current', 'delete').security).toEqual([{ session: [] }]);
  expect(operation('/v1/sessions', 'post').security).toBeUndefined();
  expect(operation('/v1/products', 'get').security).toBeUndefined();
});

test('an empty answer has no content, and one with a body has its schema', () => {
  expect(operation('/v1/sessions/current', 'delete').responses?.['204']).not.toHaveProperty('content');
  expect(operation('/v1/products', 'get').responses?.['200']).toHaveProperty('content.application/json.schema.properties.items');
});

test('error codes are named under their status, with a title each', () => {
  expect(operation('/v1/orders', 'post').responses?.['409']).toMatchObject({
    description: '`out_of_stock`: Not enough in stock\n\n`reservation_lost`: The reservation is gone',
  });
});
