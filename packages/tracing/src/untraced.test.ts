import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { environment } from './testing/run-program.ts';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./testing/users-program.ts', import.meta.url));

async function run(node: string[], env: Record<string, string>): Promise<unknown> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...node, PROGRAM], {
    env: environment(env),
    cwd: PACKAGE,
  });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect({ code: code as unknown, errors }).toEqual({ code: 0, errors: '' });
  return JSON.parse(output);
}

const REGISTER = ['--import', '@waymark/tracing/register'];

test.each<[string, string[], Record<string, string>, RegExp]>([
  ['on', REGISTER, { OTEL_TRACES_EXPORTER: 'none' }, /^[0-9a-f]{32}$/],
  ['on, with nothing sampled', REGISTER, { OTEL_TRACES_EXPORTER: 'none', OTEL_TRACES_SAMPLER: 'always_off' }, /^[0-9a-f]{32}$/],
  ['switched off by OTEL_SDK_DISABLED', REGISTER, { OTEL_SDK_DISABLED: 'true' }, /^none$/],
  ['off, because it was never started', [], {}, /^none$/],
])('each user keeps their own context during concurrent work, with tracing %s', async (_what, node, env, traceId) => {
  expect(await run(node, env)).toEqual({
    wrong: [],
    ways: 9,
    taken: true,
    answered: 'ada',
    traceId: expect.stringMatching(traceId),
    traceresponse: expect.stringMatching(traceId.source === '^none$' ? traceId : /^00-/),
  });
});
