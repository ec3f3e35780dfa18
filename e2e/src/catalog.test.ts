import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import {
  apiEntityV1alpha1Validator,
  componentEntityV1alpha1Validator,
  DefaultNamespaceEntityPolicy,
  EntityPolicies,
  FieldFormatEntityPolicy,
  getCompoundEntityRef,
  groupEntityV1alpha1Validator,
  locationEntityV1alpha1Validator,
  NoForeignRootFieldsEntityPolicy,
  parseEntityRef,
  resourceEntityV1alpha1Validator,
  SchemaValidEntityPolicy,
  stringifyEntityRef,
  systemEntityV1alpha1Validator,
  type Entity,
} from '@backstage/catalog-model';
import { alertRules } from '@waymark/monitoring/rules';
import { catalog, listed } from './shop/catalog.ts';

const monitoring = (path: string): Promise<string> => readFile(new URL(`../../deploy/monitoring/${path}`, import.meta.url), 'utf8');

const policy = EntityPolicies.allOf([
  new SchemaValidEntityPolicy(),
  new DefaultNamespaceEntityPolicy(),
  new NoForeignRootFieldsEntityPolicy(),
  new FieldFormatEntityPolicy(),
]);
const validators = [
  apiEntityV1alpha1Validator,
  componentEntityV1alpha1Validator,
  groupEntityV1alpha1Validator,
  locationEntityV1alpha1Validator,
  resourceEntityV1alpha1Validator,
  systemEntityV1alpha1Validator,
];

const entities = await catalog();
const services = entities.filter(({ kind }) => kind === 'Component');
const idOf = (entity: Entity): string => stringifyEntityRef(getCompoundEntityRef(entity));
const named = (all: readonly Entity[]): [string, Entity][] => all.map((entity) => [idOf(entity), entity]);

test.each(named(entities))('Backstage accepts %s', async (_, entity) => {
  await policy.enforce(entity);
  expect(await Promise.all(validators.map(async (validator) => validator.check(entity)))).toContain(true);
});

/** The fields of a spec that name other entities, and the kind of a name that has none. For `dependsOn`, it must have one. */
const REFERENCES = { owner: 'group', system: 'system', providesApis: 'api', consumesApis: 'api', dependsOn: '' };

const referencesIn = ({ spec }: Entity, field: string): string[] => [(spec?.[field] as string | string[] | undefined) ?? []].flat();

test.each(named(entities))('everything that %s refers to is in the catalogue', (_, entity) => {
  const known = new Set(entities.map(idOf));
  const references = Object.entries(REFERENCES).flatMap(([field, defaultKind]) =>
    referencesIn(entity, field).map((reference) => stringifyEntityRef(parseEntityRef(reference, { defaultKind }))),
  );
  expect(references.filter((reference) => !known.has(reference))).toEqual([]);
});

test('each service is in the catalogue, with an API', () => {
  expect(services.map(({ metadata }) => metadata.name)).toEqual(['gateway', 'auth', 'order', 'inventory']);
  for (const service of services) expect(listed(service, 'providesApis')).toEqual([service.metadata.name]);
});

test.each(named(services))('%s has an owner, people on call who can be reached, and the objective of the rules', async (_, entity) => {
  const { 'waymark/on-call': onCall = '', 'waymark/slo': objective = '' } = entity.metadata.annotations ?? {};
  expect(entity.spec?.['owner']).toBe('group:shop');
  const receivers = Array.from((await monitoring('alertmanager/alertmanager.yml')).matchAll(/^ {2}- name: (\S+)/gm), ([, name]) => name);
  expect(receivers).toEqual(expect.arrayContaining(onCall.split(', ')));
  const [, allowed] = /\* (0\.\d+)/.exec(await monitoring('prometheus/slo.rules.yml')) ?? [];
  expect(objective).toMatch(new RegExp(`^${100 - 100 * Number(allowed)} % of requests succeed in 30 days$`));
});

/** These are about hosts and about the monitoring itself. */
const OF_NO_SERVICE = /^(HostCpuHigh|Watchdog) /;

test('each alert about a service is in the catalogue, with its runbook', () => {
  const linked = services.flatMap(({ metadata: { links = [] } }) => links).filter(({ type }) => type === 'runbook');
  const inRules = alertRules().map(({ alert, text }) => `${alert} ${/runbooks \}\}\/(\S+\.md)'/.exec(text)?.[1]}`);
  const inCatalog = new Set(linked.map(({ title, url }) => `${title} ${url.split('/docs/runbooks/')[1]}`));
  expect([...inCatalog].toSorted()).toEqual(inRules.filter((one) => !OF_NO_SERVICE.test(one)).toSorted());
});
