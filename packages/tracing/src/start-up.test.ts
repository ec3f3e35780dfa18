import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

/** Node lists those of its own modules that it has loaded, but not those of packages. */
const PROGRAM = `
  import { registerHooks } from 'node:module';
  const imported = [];
  registerHooks({ resolve: (name, context, next) => (imported.push(name), next(name, context)) });
  await import('@waymark/tracing/register');
  console.log(JSON.stringify([...process.moduleLoadList, ...imported]));
`;

test('`register` loads neither undici, nor TLS, compression, the SDK or the instrumentation of pg', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROGRAM], { cwd: PACKAGE });
  const loaded = JSON.parse(stdout) as string[];
  expect(loaded).toContain('@opentelemetry/api');
  expect(loaded.filter((name) => /undici|^NativeModule (_tls|zlib|https)|opentelemetry\/sdk|instrumentation-pg/.test(name))).toEqual([]);
});
