import type { Operation } from './api.ts';

const JSON_TYPE = `-H 'content-type: application/json'`;
const AS_USER = '-H "authorization: Bearer $TOKEN"';
const NEW_KEY = '-H "idempotency-key: $(date +%s)"';

const pick = (name: string) => `sed 's/.*"${name}":"\\([^"]*\\)".*/\\1/'`;

const data = (body: unknown) => `-d '${JSON.stringify(body)}'`;

/** Returns a shell command that calls this route as the demo user and shows the headers of the answer. If the route needs it, the command logs in and places an order first. `bodies`: an example body for each operation that takes one, by operation id. */
export function curl(
  origin: string,
  { method, path, parameters, requestBody, security, operationId }: Operation,
  bodies: Record<string, unknown>,
) {
  const before = [];
  if (security.length > 0)
    before.push(`TOKEN=$(curl -s ${origin}/v1/sessions ${JSON_TYPE} \\\n  ${data(bodies['logIn'])} | ${pick('token')})`);
  if (path.includes('{id}')) {
    before.push(
      `ORDER=$(curl -s ${origin}/v1/orders ${AS_USER} \\\n  ${NEW_KEY} ${JSON_TYPE} \\\n  ${data(bodies['placeOrder'])} | ${pick('id')})`,
    );
  }
  const example = (name: string) => String(parameters.find((one) => one.name === name)?.example);
  const url = origin + path.replace('{id}', '$ORDER').replaceAll(/\{(\w+)\}/g, (_, name) => example(name));
  const parts = [`curl -i${method === 'GET' || (method === 'POST' && requestBody) ? '' : ` -X ${method}`} ${url}`];
  if (security.length > 0) parts.push(AS_USER);
  if (parameters.some(({ name }) => name === 'idempotency-key')) parts.push(NEW_KEY);
  if (requestBody) parts.push(JSON_TYPE, data(bodies[operationId]));
  return [...before, parts.join(' \\\n  ')].join('\n');
}
