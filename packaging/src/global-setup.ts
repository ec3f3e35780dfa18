import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { published, ROOT } from './packages.ts';
import { installProject } from './project.ts';
import { startRegistry, type Registry } from './registry.ts';
import { run } from './run.ts';

declare global {
  var packaging: { readonly folder: string; readonly registry: Registry } | undefined;
}

/** Packs all packages, serves them from a registry, and installs them in a project: once, for all tests. */
export default async function setup(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'waymark-packaging-'));
  const filters = published.flatMap(({ manifest }) => ['--filter', manifest.name]);
  await run({ cwd: ROOT }, 'pnpm', ...filters, '-r', 'pack', '--pack-destination', folder);
  const registry = await startRegistry(folder);
  globalThis.packaging = { folder, registry };
  process.env['PACKED'] = folder;
  process.env['REGISTRY'] = registry.url;
  process.env['PROJECT'] = (await canInstall()) ? await installProject(folder, registry.url) : '';
}

/** Whether the machine's registry can be reached. */
const canInstall = async (): Promise<boolean> =>
  run({ cwd: ROOT }, 'npm', 'ping', '--fetch-retries=0', '--fetch-timeout=5000').then(
    () => true,
    () => false,
  );
