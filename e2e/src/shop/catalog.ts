import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Entity } from '@backstage/catalog-model';
import { dependencies, flowchart, type Dependency, type Trace } from '@waymark/trace-model';
import { parseAllDocuments } from 'yaml';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The entities of the catalogue: those of catalog-info.yaml and of the files that its Location names, with the files that `$text` names inserted. */
export async function catalog(): Promise<readonly Entity[]> {
  const own = await entitiesIn('catalog-info.yaml');
  const targets = own.flatMap(({ kind, spec }) => (kind === 'Location' ? (spec?.['targets'] as string[]) : []));
  return [...own, ...(await Promise.all(targets.map(entitiesIn))).flat()];
}

async function entitiesIn(path: string): Promise<readonly Entity[]> {
  const documents = parseAllDocuments(await readFile(join(ROOT, path), 'utf8'));
  const entities = documents.map((document) => document.toJS() as Entity);
  for (const { spec } of entities) {
    const definition = spec?.['definition'] as { $text: string } | undefined;
    if (spec && definition) spec['definition'] = await readFile(join(ROOT, dirname(path), definition.$text), 'utf8');
  }
  return entities;
}

/** `shop` of `group:shop`. */
const nameIn = (reference: string): string => reference.split(':').at(-1) ?? '';

/** A list in the spec of an entity. */
export const listed = ({ spec }: Entity, field: string): readonly string[] => (spec?.[field] as string[] | undefined) ?? [];

/**
 * What each service depends on, as `<service> <kind> <name>`, with the kinds of trace-model. A service calls the services whose APIs it consumes.
 * It queries the databases that it depends on. Its queues are for its own jobs: nobody else takes them.
 */
export function declaredDependencies(entities: readonly Entity[]): string[] {
  const services = entities.filter(({ kind }) => kind === 'Component');
  const resources = new Map(entities.filter(({ kind }) => kind === 'Resource').map((one) => [one.metadata.name, one.spec?.['type']]));
  return services.flatMap((service) => {
    const { name } = service.metadata;
    const called = services.filter((other) => listed(other, 'providesApis').some((api) => listed(service, 'consumesApis').includes(api)));
    const used = listed(service, 'dependsOn').map(nameIn);
    return [
      ...called.map((other) => `${name} call ${other.metadata.name}`),
      ...used.map((resource) => (resources.get(resource) === 'queue' ? `${name} message ${name}` : `${name} database ${resource}`)),
    ];
  });
}

/** What each service depends on in these traces, in the same form. */
export const dependenciesIn = (traces: readonly Trace[]): string[] => dependencies(traces).map(lineOf);

const lineOf = ({ from, kind, to }: Dependency): string => `${from} ${kind} ${to.replace('postgresql/', '')}`;

/** The same as a Mermaid diagram. Without the numbers of `trace flow`, so that it only changes with the shop. */
export function diagramOf(traces: readonly Trace[]): string {
  const edges = dependencies(traces).toSorted((a, b) => (lineOf(a) < lineOf(b) ? -1 : 1));
  return flowchart(edges).replaceAll(/\|"[^"]*"\|/g, '');
}
