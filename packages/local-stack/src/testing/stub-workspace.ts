import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames } from '../service.ts';

/** A temporary workspace with stubs for the four services and for the tracing package that they load. */
export async function stubWorkspace(): Promise<AsyncDisposable & { root: string }> {
  const root = await mkdtemp(join(tmpdir(), 'waymark-stub-'));
  const write = async (path: string, text: string) => {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await write('package.json', '{ "type": "module" }');
  await write('node_modules/@waymark/tracing/package.json', '{ "name": "@waymark/tracing", "exports": { "./register": "./register.js" } }');
  await write('node_modules/@waymark/tracing/register.js', '');
  await write('deploy/faults.flagd.json', '{}');
  const stub = `import ${JSON.stringify(join(import.meta.dirname, 'stub-service.ts'))};\n`;
  for (const name of serviceNames) await write(`services/${name}/src/main.ts`, stub);
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}
