import { run } from './programs.ts';
import { pathOf } from './manifests.ts';

/** The chart's configurations that tests look at, with their files of values. */
export const CONFIGURATIONS: Readonly<Record<string, string[]>> = {
  default: [],
  everything: ['deploy/tests/values/everything.yaml'],
  dev: ['deploy/gitops/environments/dev.yaml'],
  staging: ['deploy/gitops/environments/staging.yaml'],
  production: ['deploy/gitops/environments/production.yaml'],
};

/** Those that have a golden file. */
export const GOLDEN = ['default', 'everything', 'production'];

/** What `helm template` prints for a configuration, with further options. */
export const render = (configuration: string, ...options: string[]): string =>
  run('helm', [
    'template',
    'waymark',
    pathOf('deploy/chart'),
    '--namespace=waymark',
    ...(CONFIGURATIONS[configuration] ?? []).map((file) => `--values=${pathOf(file)}`),
    ...options,
  ]);
