import { z } from 'zod';
import type { OpenAPIV3_1 } from 'openapi-types';
import { successOf, type Api, type Route } from './api.ts';
import { commonErrors, joinErrors, problem, titles } from './problem.ts';

type Parameter = OpenAPIV3_1.ParameterObject;

/** The OpenAPI 3.1 description of an API, derived from its contract. */
export function openApi(api: Api, info: OpenAPIV3_1.InfoObject): OpenAPIV3_1.Document {
  const paths: Record<string, Record<string, OpenAPIV3_1.OperationObject>> = {};
  for (const [name, route] of Object.entries(api.routes)) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(name, route);
  }
  return {
    openapi: '3.1.1',
    info,
    paths,
    components: {
      schemas: { Problem: schemaOf(problem, 'output') },
      securitySchemes: { session: { type: 'http', scheme: 'bearer', description: 'The token that POST /v1/sessions answered' } },
    },
  };
}

function operation(name: string, route: Route): OpenAPIV3_1.OperationObject {
  const success = successOf(route);
  const needsLogin = route.headers !== undefined && 'authorization' in route.headers.shape;
  return {
    operationId: name,
    summary: route.summary,
    parameters: [...parameters('path', route.params), ...parameters('query', route.query), ...parameters('header', route.headers)],
    ...(route.body && { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } } }),
    ...(needsLogin && { security: [{ session: [] }] }),
    responses: {
      [success.status]: {
        description: route.summary,
        headers: tracingHeaders,
        ...(!(success.body instanceof z.ZodUndefined) && { content: { 'application/json': { schema: schemaOf(success.body, 'output') } } }),
      },
      ...problems(route),
    },
  };
}

const tracingHeaders = {
  'x-trace-id': { description: 'The trace of this request', schema: { type: 'string', pattern: '^[0-9a-f]{32}$' } },
  traceresponse: { description: 'W3C Trace Context of the span that answered', schema: { type: 'string' } },
} satisfies Record<string, OpenAPIV3_1.HeaderObject>;

/** OpenAPI takes Authorization from `security`, and ignores it as a parameter. */
function parameters(place: 'path' | 'query' | 'header', object: z.ZodObject | undefined): Parameter[] {
  return Object.entries(object?.shape ?? {})
    .filter(([name]) => name !== 'authorization')
    .map(([name, schema]) => ({
      name,
      in: place,
      required: !(schema as z.ZodType).safeParse(undefined).success,
      schema: schemaOf(schema as z.ZodType, 'input') as Parameter['schema'] & {},
    }));
}

function problems(route: Route): OpenAPIV3_1.ResponsesObject {
  const responses: OpenAPIV3_1.ResponsesObject = {};
  for (const [status, codes] of Object.entries(joinErrors(commonErrors, route.errors))) {
    responses[status] = {
      description: codes.map((code) => `\`${code}\`: ${titles[code] ?? code}`).join('\n\n'),
      headers: tracingHeaders,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return responses;
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): OpenAPIV3_1.SchemaObject {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  return json as OpenAPIV3_1.SchemaObject;
}
