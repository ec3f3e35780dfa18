// @ts-check
/** @import { Schema } from './schema.js' */
/** @import { Operation } from './api.js' */

/** @type {Record<string, unknown>} */
const EXAMPLES = { email: 'demo@waymark.test', password: 'waymark', sku: 'desk-lamp', quantity: 1 };
const JSON_TYPE = `-H 'content-type: application/json'`;
const AS_USER = '-H "authorization: Bearer $TOKEN"';
const NEW_KEY = '-H "idempotency-key: $(date +%s)"';

/** @param {string} name */
const pick = (name) => `sed 's/.*"${name}":"\\([^"]*\\)".*/\\1/'`;

/** @param {string} origin */
const logIn = (origin) => `TOKEN=$(curl -s ${origin}/v1/sessions ${JSON_TYPE} \\
  -d '${JSON.stringify({ email: EXAMPLES['email'], password: EXAMPLES['password'] })}' | ${pick('token')})`;

/** @param {string} origin */
const placeOrder = (origin) => `ORDER=$(curl -s ${origin}/v1/orders ${AS_USER} \\
  ${NEW_KEY} ${JSON_TYPE} \\
  -d '${JSON.stringify({ lines: [{ sku: EXAMPLES['sku'], quantity: EXAMPLES['quantity'] }] })}' | ${pick('id')})`;

/**
 * What to paste into a shell to call this route as the demo user, headers of the answer shown. It stands alone: it logs in and places an order where the route needs that.
 * @param {string} origin
 * @param {Operation} operation
 */
export function curl(origin, { method, path, parameters, requestBody, security }) {
  const before = [];
  if (security) before.push(logIn(origin));
  if (path.includes('{id}')) before.push(placeOrder(origin));
  const url = origin + path.replace('{id}', '$ORDER').replaceAll(/\{(\w+)\}/g, (_, name) => String(EXAMPLES[name]));
  const parts = [`curl -i${method === 'GET' || (method === 'POST' && requestBody) ? '' : ` -X ${method}`} ${url}`];
  if (security) parts.push(AS_USER);
  if (parameters.some(({ name }) => name === 'idempotency-key')) parts.push(NEW_KEY);
  if (requestBody) parts.push(JSON_TYPE, `-d '${JSON.stringify(example('', requestBody.content['application/json'].schema))}'`);
  return [...before, parts.join(' \\\n  ')].join('\n');
}

/**
 * @param {string} name
 * @param {Schema} schema
 * @returns {unknown}
 */
function example(name, schema) {
  if (schema.items) return [example(name, schema.items)];
  if (schema.properties) return Object.fromEntries(Object.entries(schema.properties).map(([key, value]) => [key, example(key, value)]));
  return EXAMPLES[name] ?? null;
}
