import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { withProject } from './for-project.ts';
import { npmrc } from './project.ts';
import { run } from './run.ts';

const REGISTRY = process.env['REGISTRY'] ?? '';
const YARNRC = `npmScopes:\n  waymark:\n    npmRegistryServer: ${REGISTRY}\nunsafeHttpWhitelist:\n  - 127.0.0.1\nenableImmutableInstalls: false\nglobalFolder: ./global\n`;
const YARN = ['npx', '-y', '--package=@yarnpkg/cli-dist@4.18.1', 'yarn'];

const PROGRAM = `
import { holds, isComplete, startTraceStore } from '@waymark/trace-testing';
import { shutdownTracing, span, startTracing } from '@waymark/tracing';
const store = await startTraceStore();
process.env.OTEL_EXPORTER_OTLP_ENDPOINT = store.otlpUrl;
startTracing({ resource: { 'service.name': 'shop' } });
const { activeTraceId } = await import('@waymark/tracing');
const traceId = await span('sell', async () => activeTraceId());
await shutdownTracing();
holds(isComplete(await store.traces.of(traceId)));
const page = await (await fetch(store.url + '/trace/' + traceId)).text();
const scripts = [...page.matchAll(/(?:src|href)="([^"]+\\.[jt]s)"/g)].map(([, path]) => store.url + path);
const responses = await Promise.all(scripts.map((url) => fetch(url)));
console.log('traced', scripts.length > 0 && responses.every(({ ok }) => ok));
await store.close();
`;

/** How to install packages, to run a program, and to run a package's command. */
const MANAGERS: readonly [string, readonly string[], readonly string[], readonly string[]][] = [
  ['npm', ['npm', 'install'], ['node'], ['npx', '--no-install']],
  ['pnpm', ['pnpm', 'add'], ['node'], ['pnpm', 'exec']],
  ['yarn with Plug’n’Play', [...YARN, 'add'], [...YARN, 'node'], [...YARN, 'run']],
];

withProject('a project that installs tracing and trace-testing', () => {
  test.each(MANAGERS)('%s', async (name, install, node, exec) => {
    const cwd = join(process.env['PACKED'] ?? '', name.split(' ')[0] ?? '');
    await mkdir(cwd);
    await writeFile(join(cwd, 'package.json'), '{ "private": true, "type": "module" }');
    await writeFile(join(cwd, '.npmrc'), npmrc(REGISTRY));
    await writeFile(join(cwd, '.yarnrc.yml'), YARNRC);
    await writeFile(join(cwd, 'pnpm-workspace.yaml'), 'strictDepBuilds: false\n'); // a warning instead of an error
    await writeFile(join(cwd, 'yarn.lock'), '');
    await writeFile(join(cwd, 'main.js'), PROGRAM);
    const call = async ([program = '', ...args]: readonly string[], ...more: string[]): Promise<string> =>
      run({ cwd }, program, ...args, ...more);
    await call(install, '@waymark/tracing', '@waymark/trace-testing');
    expect(await call(node, 'main.js')).toContain('traced true');
    expect(await call(exec, 'trace', '--help')).toContain('usage: trace <command>');
  });
});
