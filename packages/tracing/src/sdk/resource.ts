import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { arch, hostname, platform, release } from 'node:os';
import type { Attributes } from '@opentelemetry/api';
import type { Resource } from '../provider/interfaces.ts';
import { DEFAULTS } from './defaults.ts';
import { knownOf, textFrom, type Env, type Warn } from './env.ts';
import { packageVersion } from '@waymark/context';

/** Creates a resource without asynchronous attributes. */
export function resourceOf(given: Attributes): Resource {
  const attributes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return {
    attributes,
    getRawAttributes: () => Object.entries(attributes),
    merge: (other) =>
      resourceOf({
        ...attributes,
        ...Object.fromEntries<Attributes[string]>((other?.getRawAttributes() ?? []) as [string, Attributes[string]][]),
      }),
  };
}

/** The detectors that OTEL_NODE_RESOURCE_DETECTORS can name, with their attributes (semantic conventions for resources). */
const DETECTORS: Record<string, () => Attributes> = {
  host: () => ({ 'host.name': hostname(), 'host.arch': hostArch(), 'host.id': machineId() }),
  os: () => ({ 'os.type': osType(), 'os.version': release() }),
  process: () => ({
    'process.pid': process.pid,
    'process.executable.name': process.title,
    'process.executable.path': process.execPath,
    'process.command_args': [process.argv0, ...process.execArgv, ...process.argv.slice(1)],
    'process.command': process.argv[1],
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'process.runtime.description': 'Node.js',
  }),
  serviceinstance: () => ({ 'service.instance.id': randomUUID() }),
};

/** Describes this process. Environment variables win over `given`, and `given` wins over what the detectors find. */
export function resourceFromEnv(env: Env, given: Attributes, warn: Warn): Resource {
  const known = ['env', ...Object.keys(DETECTORS)];
  const listed = knownOf(env, 'OTEL_NODE_RESOURCE_DETECTORS', [...known, 'all', 'none'], DEFAULTS.OTEL_NODE_RESOURCE_DETECTORS, warn);
  const names = new Set(listed.includes('none') ? [] : listed.includes('all') ? known : listed);
  const detected = Object.entries(DETECTORS).map(([name, detect]) => (names.has(name) ? detect() : {}));
  return resourceOf({
    'service.name': `unknown_service:${process.argv0}`,
    'service.version': packageVersion(process.argv[1] ?? ''),
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': '@waymark/tracing',
    'telemetry.sdk.version': packageVersion(import.meta.filename),
    ...(Object.assign({}, ...detected) as Attributes),
    ...given,
    ...(names.has('env') && attributesFromEnv(env, warn)),
  });
}

/** Reads OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES. If any part of the latter is invalid, all of it is ignored (Resource SDK specification). */
function attributesFromEnv(env: Env, warn: Warn): Attributes {
  const serviceName = textFrom(env, 'OTEL_SERVICE_NAME');
  return {
    ...listedAttributes(textFrom(env, 'OTEL_RESOURCE_ATTRIBUTES') ?? '', warn),
    ...(serviceName && { 'service.name': serviceName }),
  };
}

function listedAttributes(list: string, warn: Warn): Attributes {
  const pairs = list.split(',').filter((pair) => pair.trim());
  try {
    return Object.fromEntries(pairs.map(attributeOf));
  } catch (error) {
    warn(
      `OTEL_RESOURCE_ATTRIBUTES is ignored: ${(error as Error).message}. Write it as key=value,key=value, with "," and "=" in values percent-encoded.`,
    );
    return {};
  }
}

function attributeOf(pair: string): [key: string, value: string] {
  const [key = '', value, ...rest] = pair.split('=').map((part) => decodeURIComponent(part.trim()));
  if (!key || value === undefined || rest.length > 0) throw new Error(`"${pair}" is not key=value`);
  return [key, value];
}

function hostArch(): string {
  const names: Record<string, string> = { arm: 'arm32', ppc: 'ppc32', x64: 'amd64' };
  return names[arch()] ?? arch();
}

function osType(): string {
  const names: Record<string, string> = { sunos: 'solaris', win32: 'windows' };
  return names[platform()] ?? platform();
}

/** Linux only, where it is in a file. Other systems would need a child process to find it. */
function machineId(): string | undefined {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
