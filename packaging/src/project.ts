import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './packages.ts';
import { run } from './run.ts';

/** Where the packed packages come from; everything else comes from the machine's own registry. */
export const npmrc = (registry: string): string => `@waymark:registry=${registry}\naudit=false\nfund=false\nupdate-notifier=false\n`;

/**
 * A project outside of this repository with the test runners, the examples and all frameworks, as npm workspaces: one `npm install` for all tests.
 * It also has Node 22, as `node_modules/node22`.
 */
export async function installProject(folder: string, registry: string): Promise<string> {
  const project = join(folder, 'project');
  await mkdir(project);
  await Promise.all([
    cp(join(ROOT, 'examples'), join(project, 'examples'), { recursive: true }),
    cp(join(ROOT, 'packaging/runners'), join(project, 'runners'), { recursive: true }),
    cp(join(ROOT, 'packaging/consumer'), join(project, 'consumer'), { recursive: true }),
    writeFile(join(project, '.npmrc'), npmrc(registry)),
    writeFile(
      join(project, 'package.json'),
      JSON.stringify({
        private: true,
        workspaces: ['runners', 'consumer', 'examples/*'],
        devDependencies: { node22: `npm:node-${process.platform}-${process.arch}@22` },
      }),
    ),
  ]);
  await run({ cwd: project }, 'npm', 'install');
  return project;
}
