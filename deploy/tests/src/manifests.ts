import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

const ROOT = join(import.meta.dirname, '../../..');

/** The text of a file, by its path in the repository. */
export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The path of a file of the repository on this machine. */
export const pathOf = (path: string): string => join(ROOT, path);

export const readYaml = (path: string): unknown => parse(read(path), { merge: true });

interface EnvironmentVariable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string; key: string } };
}

export interface Container {
  name: string;
  image: string;
  workingDir: string;
  args?: string[];
  env: EnvironmentVariable[];
  ports?: { name: string; containerPort: number }[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: Record<string, unknown>;
}

export interface PodSpec {
  containers: Container[];
  volumes?: object[];
  serviceAccountName: string;
  automountServiceAccountToken: boolean;
  terminationGracePeriodSeconds?: number;
}

interface Rule {
  ports: { port: number }[];
  from?: { podSelector?: { matchLabels: Record<string, string> } }[];
  to?: { podSelector?: { matchLabels: Record<string, string> } }[];
}

/** A Kubernetes object, with the fields that tests look at. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  automountServiceAccountToken?: boolean;
  spec?: {
    template?: { spec: PodSpec; metadata: { labels: Record<string, string> } };
    selector?: unknown;
    ports?: { port: number }[];
    ingress?: Rule[];
    egress?: Rule[];
    strategy?: { canary?: { steps: { setWeight?: number; pause?: { duration: string } }[] } };
    args?: { name: string; value?: string }[];
    metrics?: unknown;
    [field: string]: unknown;
  };
}

/** Kubernetes reads YAML 1.1, in which 0555 is octal. */
export const manifestsIn = (text: string): Manifest[] =>
  parseAllDocuments(text, { version: '1.1' })
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);

/** The objects that the chart makes, as the golden file of a configuration has them. */
export const golden = (configuration: string): Manifest[] => manifestsIn(read(`deploy/tests/golden/${configuration}.yaml`));

export const SERVICES = ['gateway', 'auth', 'order', 'inventory'] as const;

/** The object of a kind with a name. @throws {Error} naming those that exist */
export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (!found) throw new Error(`There is no ${kind} ${name}, only ${manifests.map((one) => `${one.kind} ${one.metadata.name}`).join(', ')}`);
  return found;
}

export function podOf(manifests: readonly Manifest[], kind: string, name: string): PodSpec & { containers: [Container] } {
  const pod = find(manifests, kind, name).spec?.template?.spec;
  if (pod?.containers.length !== 1) throw new Error(`${kind} ${name} has not exactly one container`);
  return pod as PodSpec & { containers: [Container] };
}
