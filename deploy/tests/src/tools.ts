import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '@waymark/monitoring/tools';
import { read } from './manifests.ts';

/** The programs that check the chart, as Go modules. */
export const PROGRAMS = {
  helm: 'helm.sh/helm/v4/cmd/helm@v4.3.2',
  kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0',
  'kubectl-validate': 'sigs.k8s.io/kubectl-validate@v0.0.4',
  'kube-score': 'github.com/zegl/kube-score/cmd/kube-score@v1.20.0',
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
};

/** The control plane of a cluster, as packages of the Go module in `control-plane`, which has their versions. */
export const CONTROL_PLANE = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
};

/** The version of Kubernetes that the chart is checked against. */
export const KUBERNETES = /k8s\.io\/kubernetes (\S+)/.exec(read('deploy/tests/control-plane/go.mod'))?.[1] ?? '';

/** Go modules that contain the schemas of Kubernetes and of custom resources. */
const SCHEMAS = {
  kubernetes: [`k8s.io/kubernetes@${KUBERNETES}`, 'api/openapi-spec/v3'],
  rollouts: ['github.com/argoproj/argo-rollouts@v1.9.2', 'manifests/crds'],
  argocd: ['github.com/argoproj/argo-cd/v3@v3.5.7', 'manifests/crds'],
  gateway: ['sigs.k8s.io/gateway-api@v1.6.3', 'config/crd/standard'],
  prometheus: ['github.com/prometheus-operator/prometheus-operator@v0.85.0', 'example/prometheus-operator-crd'],
} as const;

export const SCHEMA_MODULES = Object.values(SCHEMAS).map(([module]) => module);

/** Where Go keeps modules that were downloaded; undefined without Go. */
const cache = spawnSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).stdout?.trim();

/** The folder with the schemas of Kubernetes, or of the custom resources of a project, if its module was downloaded. */
export function schemaFolder(name: string): string | undefined {
  const [module, folder] = SCHEMAS[name as keyof typeof SCHEMAS] ?? [];
  const path = cache && module && join(cache, module, folder);
  return path && existsSync(path) ? path : undefined;
}

export const CUSTOM = ['rollouts', 'argocd', 'gateway', 'prometheus'];

/** The files with the definitions of the custom resources that our manifests use. */
export const customResources = (): string[] =>
  CUSTOM.flatMap((name) => {
    const folder = schemaFolder(name) ?? '';
    return readdirSync(folder)
      .filter((file) => /_(httproutes|podmonitors)\.yaml$|^(rollout|analysis-template|applicationset|appproject)-crd\.yaml$/.test(file))
      .map((file) => join(folder, file));
  });

/** What is not installed of these programs and schemas, for the name of a group of tests that is skipped without them; '' if nothing is missing. */
export function missing(...names: string[]): string {
  const lacking = names.filter((name) => !findProgram(name) && !schemaFolder(name));
  return lacking.length > 0 ? ` (skipped: not installed: ${lacking.join(', ')})` : '';
}
