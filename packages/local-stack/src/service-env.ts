import { randomBytes } from 'node:crypto';
import { serviceNames, type ServiceName } from './service.ts';

export type Urls = Readonly<Record<ServiceName, string>>;
export type Environment = Readonly<Record<string, string>>;

/** The services with a database. The database has the service's name. */
export const databaseOwners = ['auth', 'inventory', 'order'] as const;
export type DatabaseUrls = Readonly<Record<(typeof databaseOwners)[number], string>>;

/**
 * Builds the environment of each service: the caller's own (with its OTEL_* variables), then ports, URLs and database, then `extra` (`all` for
 * every service, a service's name for that one). Without an OTLP endpoint nothing is exported. With `metrics`, each service serves its own to
 * Prometheus there.
 */
export function serviceEnvironments(
  urls: Urls,
  databases: DatabaseUrls,
  extra: Readonly<Partial<Record<ServiceName | 'all', Environment>>>,
  metrics?: Urls,
): Record<ServiceName, NodeJS.ProcessEnv> {
  const places: Record<ServiceName, Environment> = {
    auth: { DATABASE_URL: databases.auth },
    inventory: { DATABASE_URL: databases.inventory },
    order: { DATABASE_URL: databases.order, INVENTORY_URL: urls.inventory },
    gateway: { AUTH_URL: urls.auth, ORDER_URL: urls.order, INVENTORY_URL: urls.inventory },
  };
  const secret = randomBytes(32).toString('hex');
  const environment = (name: ServiceName): NodeJS.ProcessEnv => {
    const { port, hostname } = new URL(urls[name]);
    return {
      INTERNAL_SECRET: secret,
      // There is no load balancer to wait for.
      LAME_DUCK_SECONDS: '0',
      ...process.env,
      HOST: hostname,
      PORT: port,
      OTEL_SERVICE_NAME: name,
      ...places[name],
      ...(metrics && { OTEL_EXPORTER_PROMETHEUS_HOST: hostname, OTEL_EXPORTER_PROMETHEUS_PORT: new URL(metrics[name]).port }),
      ...exporters({ ...process.env, ...extra.all, ...extra[name] }),
      ...extra.all,
      ...extra[name],
    };
  };
  return Object.fromEntries(serviceNames.map((name) => [name, environment(name)])) as Record<ServiceName, NodeJS.ProcessEnv>;
}

/** Whether OTEL_METRICS_EXPORTER names Prometheus. */
export const servesMetrics = (env: NodeJS.ProcessEnv): boolean => /\bprometheus\b/.test(env['OTEL_METRICS_EXPORTER'] ?? '');

/** Returns the OTLP endpoint of an environment, if it has one. */
export const otlpEndpoint = (env: NodeJS.ProcessEnv): string | undefined =>
  env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'] || undefined;

const exporters = (env: NodeJS.ProcessEnv): Environment =>
  otlpEndpoint(env) || env['OTEL_TRACES_EXPORTER'] ? {} : { OTEL_TRACES_EXPORTER: 'none' };
