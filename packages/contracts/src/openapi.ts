import { z } from 'zod';
import type { OpenAPIV3_1 } from 'openapi-types';
import { successOf, type Api, type Route } from './api.ts';
import { commonErrors, joinErrors, problem, titles, type ProblemDetails } from './problem.ts';

type Header = OpenAPIV3_1.HeaderObject;
type Parameter = OpenAPIV3_1.ParameterObject;
type Reference = OpenAPIV3_1.ReferenceObject;
type Schema = OpenAPIV3_1.SchemaObject;

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** Derives the OpenAPI 3.1 description of an API from its contract. Paths are relative to the server of the description. */
export function openApi(api: Api, info: OpenAPIV3_1.InfoObject): OpenAPIV3_1.Document {
  const onEveryAnswer = {
    ...tracingHeaders,
    ...Object.fromEntries(Object.entries(api.answerHeaders ?? {}).map(([name, said]) => [name, textHeader(said)])),
  };
  const paths: Record<string, Record<string, OpenAPIV3_1.OperationObject>> = {};
  for (const [name, route] of Object.entries(api.routes)) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(name, route, Object.keys(onEveryAnswer));
  }
  return {
    openapi: '3.1.1',
    info,
    servers: [{ url: '/', description: 'The server that serves this description' }],
    tags: Object.entries(api.tags ?? {}).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      headers: Object.assign({}, onEveryAnswer, ...Object.values(headersOf)) as Record<string, Header>,
      schemas: { Problem: schemaOf(problem, 'output') },
      securitySchemes: { session: { type: 'http', scheme: 'bearer', description: 'The token from POST /v1/sessions' } },
    },
  };
}

function operation(name: string, route: Route, onEveryAnswer: string[]): OpenAPIV3_1.OperationObject {
  const success = successOf(route);
  const needsLogin = route.headers !== undefined && 'authorization' in route.headers.shape;
  return {
    operationId: name,
    tags: [tagOf(route)],
    summary: route.summary,
    ...(route.description && { description: route.description }),
    security: needsLogin ? [{ session: [] }] : [],
    parameters: [...parameters('path', route.params), ...parameters('query', route.query), ...parameters('header', route.headers)],
    ...(route.body && { requestBody: { required: true, content: json(route.body, 'input') } }),
    responses: {
      [success.status]: {
        description: 'Success',
        headers: headerRefs(onEveryAnswer),
        ...(!(success.body instanceof z.ZodUndefined) && { content: json(success.body, 'output') }),
      },
      ...problems(route, onEveryAnswer),
    },
  };
}

/** The tag of a route is the first word of its path after the version. */
function tagOf({ path }: Route): string {
  return path.split('/').find((part) => part !== '' && !/^v\d+$/.test(part)) ?? 'root';
}

const textHeader = ({ description, example }: { description: string; example: string }): Header => ({
  description,
  required: true,
  schema: { type: 'string' },
  example,
});

const tracingHeaders: Readonly<Record<string, Header>> = {
  'x-trace-id': {
    description: 'The trace of this request',
    required: true,
    schema: { type: 'string', pattern: '^[0-9a-f]{32}$' },
    example: TRACE_ID,
  },
  traceresponse: textHeader({ description: 'W3C Trace Context of the span that answered', example: `00-${TRACE_ID}-b7ad6b7169203331-01` }),
};

const retryAfter: Header = {
  description: 'How many seconds to wait before the next attempt. A 503 has it only if the time is known (RFC 9110 §10.2.3)',
  schema: { type: 'integer', minimum: 0 },
  example: 1,
};

/** The headers that come with a status. */
const headersOf: Readonly<Record<number, Record<string, Header>>> = {
  401: { 'www-authenticate': textHeader({ description: 'How to authenticate (RFC 9110 §11.6.1)', example: 'Bearer' }) },
  405: { allow: textHeader({ description: 'The methods that the path supports (RFC 9110 §10.2.1)', example: 'GET, HEAD, POST' }) },
  429: { 'retry-after': retryAfter },
  503: { 'retry-after': retryAfter },
};

const headerRefs = (names: string[]): Record<string, Reference> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** Describes parameters by the value that their text means. Authorization is left out: OpenAPI takes it from `security` and ignores it as a parameter. */
function parameters(place: 'path' | 'query' | 'header', object: z.ZodObject | undefined): Parameter[] {
  return Object.entries<z.ZodType>((object?.shape ?? {}) as Record<string, z.ZodType>)
    .filter(([name]) => name !== 'authorization')
    .map(([name, zod]) => {
      const schema = schemaOf(zod, 'output');
      return {
        name,
        in: place,
        required: !zod.safeParse(undefined).success,
        schema: schema as NonNullable<Parameter['schema']>,
        ...exampleOf(schema),
      };
    });
}

function problems(route: Route, onEveryAnswer: string[]): OpenAPIV3_1.ResponsesObject {
  const responses: OpenAPIV3_1.ResponsesObject = {};
  for (const [status, codes] of Object.entries(joinErrors(commonErrors, route.errors))) {
    const examples = Object.fromEntries(
      codes.map((code) => [code, { summary: titles[code] ?? code, value: exampleProblem(status, code) }]),
    );
    responses[status] = {
      description: codes.map((code) => `\`${code}\`: ${titles[code] ?? code}`).join('\n\n'),
      headers: headerRefs([...onEveryAnswer, ...Object.keys(headersOf[Number(status)] ?? {})]),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, examples } },
    };
  }
  return responses;
}

function exampleProblem(status: string, code: string): ProblemDetails {
  const title = titles[code] ?? code;
  return { type: `/problems/${code}`, title, status: Number(status), detail: `${title}.`, code, traceId: TRACE_ID };
}

function json(body: z.ZodType, io: 'input' | 'output'): Record<string, OpenAPIV3_1.MediaTypeObject> {
  const schema = schemaOf(body, io);
  return { 'application/json': { schema, ...exampleOf(schema) } };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  return described as Schema;
}

/** Builds an example, if each required part of the schema has an example or only one possible value. */
function exampleOf(schema: Schema): { example?: unknown } {
  const example = valueOf(schema);
  return example === undefined ? {} : { example };
}

const FORMATS: Readonly<Record<string, string>> = { uuid: '5f0c2f7e-4a0d-4f0e-9c55-0d6c2f1b7a3e', 'date-time': '2026-01-31T09:30:00.000Z' };

function valueOf(schema: Schema): unknown {
  const given = schema.const ?? schema.examples?.[0] ?? schema.default ?? schema.enum?.[0] ?? FORMATS[schema.format ?? ''];
  if (given !== undefined) return given;
  if (schema.type === 'array') {
    const item = valueOf(schema.items);
    return item === undefined ? undefined : [item];
  }
  if (schema.type !== 'object') return undefined;
  const parts = (schema.required ?? []).map((name) => [name, valueOf(schema.properties?.[name] as Schema)] as const);
  return parts.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(parts);
}
