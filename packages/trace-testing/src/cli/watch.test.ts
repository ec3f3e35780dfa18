import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { startTraceStore } from '@waymark/trace-store';
import { order } from '../testing/order.ts';
import { newTraceId, otlp, send } from '../testing/spans.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

test('watch prints a line with a verdict for each new trace, until Ctrl-C', async () => {
  const store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  const old = newTraceId();
  await send(store.otlpUrl, otlp(order(), { traceId: old, epochMs: Date.now() - 60_000 }));
  const watching = spawn(process.execPath, [main, 'watch', '--url', store.url], { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const exited = once(watching, 'exit');
    await once(createInterface(watching.stderr), 'line');
    const lines = createInterface(watching.stdout)[Symbol.asyncIterator]();
    const traceId = newTraceId();
    await send(store.otlpUrl, otlp(order(), { traceId }));
    expect((await lines.next()).value).toMatch(new RegExp(`${traceId} .*gateway SERVER POST /v1/orders 201 {2}complete: 5 spans`));
    watching.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    expect((await lines.next()).done).toBe(true);
  } finally {
    watching.kill('SIGKILL');
    await store.close();
  }
}, 20_000);
