import type { Schema } from './schema.ts';
import { copyButton } from '@waymark/page-kit/copy-button';
import { curl } from './curl.ts';
import { byId, element } from '@waymark/page-kit/element';
import { fieldItem, fields } from './schema.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Schema;
  readonly example?: unknown;
}

interface Response {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

/** A route, in the part of OpenAPI that the shop's description uses. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly security: readonly object[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema; readonly example: unknown } } };
  readonly responses: Readonly<Record<string, Response>>;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<Operation, 'method' | 'path'>>>>>;
}

const read = async (path: string) => (await fetch(path)).json();

async function readOperations(): Promise<Operation[]> {
  const { paths } = (await read('/openapi.json')) as Description;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
}

/** The error codes of a route, each as `status code: title`. */
function errorsOf({ responses }: Operation) {
  return Object.entries(responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([status, { description }]) => description.split('\n\n').map((line) => `${status} ${line}`));
}

function errorList(errors: string[]) {
  const items = errors.map((error) => {
    const [, status = '', code = '', title = ''] = /^(\d+) `(\w+)`: (.*)$/.exec(error) ?? [];
    return element('li', {}, `${status} `, element('code', {}, code), ` ${title}`);
  });
  return element('ul', { className: 'fields' }, ...items);
}

/** `common`: errors that every route has. `bodies`: an example body for each operation that takes one, by operation id. */
function routeSection(operation: Operation, common: Set<string>, bodies: Record<string, unknown>) {
  const { method, path, operationId, summary, description, parameters, requestBody, responses, security } = operation;
  const heading = element('h2', { id: `${operationId}-heading` }, element('b', {}, method), ` ${path}`);
  const words = element('p', {}, `${summary}. `, ...withCode(description));
  const section = element('section', { id: operationId, className: 'route' }, heading, words);
  section.setAttribute('aria-labelledby', heading.id);
  if (security.length > 0) section.append(element('p', { className: 'soft' }, 'For a logged-in user.'));
  if (parameters.length > 0) {
    const items = parameters.map((one) => fieldItem(one.name, one.schema, one.required, `in the ${one.in}`));
    section.append(element('h3', {}, 'Parameters'), element('ul', { className: 'fields' }, ...items));
  }
  if (requestBody) section.append(element('h3', {}, 'Body'), fields(requestBody.content['application/json'].schema) ?? '');
  section.append(...answer(responses));
  const own = errorsOf(operation).filter((error) => !common.has(error));
  if (own.length > 0) section.append(element('h3', {}, 'Errors'), errorList(own));
  const command = element('code', {}, curl(location.origin, operation, bodies));
  section.append(
    element('h3', {}, 'Try it ', copyButton(command, `the curl of ${method} ${path}`)),
    element('pre', { tabIndex: 0 }, command),
  );
  return section;
}

/** The text with what stands between backticks as code. */
const withCode = (text: string) => text.split('`').map((part, at) => (at % 2 === 0 ? part : element('code', {}, part)));

function answer(responses: Record<string, Response>) {
  const [status = '', response] = Object.entries(responses).find(([status]) => Number(status) < 400) ?? [];
  const schema = response?.content?.['application/json']?.schema;
  return [element('h3', {}, `Answer ${status}`), (schema && fields(schema)) ?? element('p', {}, 'No body.')];
}

try {
  const operations = await readOperations();
  const everywhere = operations.map((operation) => new Set(errorsOf(operation))).reduce((all, next) => all.intersection(next));
  const bodies = Object.fromEntries(
    operations.map(({ operationId, requestBody }) => [operationId, requestBody?.content['application/json'].example]),
  );
  for (const operation of operations) {
    const { method, path, operationId } = operation;
    byId('routes', HTMLElement).append(routeSection(operation, everywhere, bodies));
    byId('contents', HTMLElement).append(
      element('li', {}, element('a', { href: `#${operationId}` }, element('b', {}, method), ` ${path}`)),
    );
  }
  byId('common-errors', HTMLElement).append(errorList([...everywhere]));
  byId('any-route', HTMLElement).hidden = false;
  byId('trace-ui', HTMLAnchorElement).href = ((await read('/page-config.json')) as { traceUiUrl: string }).traceUiUrl;
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch (error) {
  byId('failure', HTMLElement).hidden = false;
  throw error;
}
