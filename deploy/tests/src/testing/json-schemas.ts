import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { customResources, schemaFolder } from '../tools.ts';

interface Schema {
  [keyword: string]: unknown;
  properties?: Record<string, Schema>;
}

interface CustomResourceDefinition {
  spec: { group: string; names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: Schema } }[] };
}

/** The JSON schemas of these objects for kubeconform, by the path that it looks for: `apps/deployment_v1.json`. Fields that do not exist are errors. */
export function jsonSchemas(objects: readonly { apiVersion: string; kind: string }[]): Map<string, Schema> {
  const found = new Map<string, Schema>();
  for (const { apiVersion, kind } of objects) {
    const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['v1', apiVersion];
    found.set(`${group}/${kind.toLowerCase()}_${version}.json`, custom(group, version, kind) ?? builtIn(group, version, kind));
  }
  return found;
}

/** All definitions of a group are in the file of the group. Those that the object does not use do no harm. */
function builtIn(group: string, version: string, kind: string): Schema {
  const file = group === 'v1' ? `api__${version}_openapi.json` : `apis__${group}__${version}_openapi.json`;
  const text = readFileSync(join(schemaFolder('kubernetes') ?? '', file), 'utf8').replaceAll('#/components/schemas/', '#/$defs/');
  const { schemas } = (JSON.parse(text) as { components: { schemas: Record<string, Schema> } }).components;
  const [name] =
    Object.entries(schemas).find(([, schema]) => JSON.stringify(schema['x-kubernetes-group-version-kind'])?.includes(`"${kind}"`)) ?? [];
  if (!name) throw new Error(`Kubernetes has no ${kind} in ${file}`);
  return { $ref: `#/$defs/${name}`, $defs: closed(schemas) };
}

function custom(group: string, version: string, kind: string): Schema | undefined {
  definitions ??= customResources().map((file) => parse(readFileSync(file, 'utf8')) as CustomResourceDefinition);
  const found = definitions.find(({ spec }) => spec.group === group && spec.names.kind === kind);
  const schema = found?.spec.versions.find(({ name }) => name === version)?.schema.openAPIV3Schema;
  return schema && closed(schema);
}

let definitions: CustomResourceDefinition[] | undefined;

/** Forbids unknown fields, and turns what only OpenAPI has into JSON schema. */
function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value as unknown)])) as Schema;
  const isObject = copy.properties && typeof copy['type'] !== 'object' && !('additionalProperties' in copy);
  if (isObject && !copy['x-kubernetes-preserve-unknown-fields']) copy['additionalProperties'] = false;
  if (copy['x-kubernetes-int-or-string']) copy['type'] = ['integer', 'string'];
  return copy as T;
}
