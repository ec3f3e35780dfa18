// @ts-check
/** @import { Schema } from './schema.js' */
import { copyButton } from './copy-button.js';
import { curl } from './curl.js';
import { byId, element } from './element.js';
import { fieldItem, fields } from './schema.js';

/**
 * The part of OpenAPI that the shop's description uses.
 * @typedef {{ name: string, in: string, required: boolean, schema: Schema, example?: unknown }} Parameter
 * @typedef {{ description: string, content?: Record<string, { schema: Schema }> }} Response
 * @typedef {{
 *   method: string, path: string, operationId: string, summary: string, description: string, parameters: Parameter[], security: object[],
 *   requestBody?: { content: { 'application/json': { schema: Schema, example: unknown } } }, responses: Record<string, Response>,
 * }} Operation
 * @typedef {{ paths: Record<string, Record<string, Omit<Operation, 'method' | 'path'>>> }} Description
 */

/** @param {string} path */
const read = async (path) => (await fetch(path)).json();

/** @returns {Promise<Operation[]>} */
async function readOperations() {
  const { paths } = /** @type {Description} */ (await read('/openapi.json'));
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
}

/**
 * The error codes of a route, each as `status code: title`.
 * @param {Operation} operation
 */
function errorsOf({ responses }) {
  return Object.entries(responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([status, { description }]) => description.split('\n\n').map((line) => `${status} ${line}`));
}

/** @param {string[]} errors */
function errorList(errors) {
  const items = errors.map((error) => {
    const [, status = '', code = '', title = ''] = /^(\d+) `(\w+)`: (.*)$/.exec(error) ?? [];
    return element('li', {}, `${status} `, element('code', {}, code), ` ${title}`);
  });
  return element('ul', { className: 'fields' }, ...items);
}

/**
 * @param {Operation} operation
 * @param {Set<string>} common errors that every route has
 * @param {Record<string, unknown>} bodies an example body for each operation that takes one, by operation id
 */
function routeSection(operation, common, bodies) {
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

/**
 * The text with what stands between backticks as code.
 * @param {string} text
 */
const withCode = (text) => text.split('`').map((part, at) => (at % 2 === 0 ? part : element('code', {}, part)));

/** @param {Record<string, Response>} responses */
function answer(responses) {
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
  byId('trace-ui', HTMLAnchorElement).href = /** @type {{ traceUiUrl: string }} */ (await read('/page-config.json')).traceUiUrl;
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch (error) {
  byId('failure', HTMLElement).hidden = false;
  throw error;
}
