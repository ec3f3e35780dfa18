import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startChild } from '@waymark/local-stack';
import { judge } from '@waymark/trace-model';
import { tracesFrom } from '@waymark/trace-testing';
import { fileOf, untilHealthy } from './collectors.ts';
import { sendParts, type Example } from './examples.ts';

const BATCH = 50;
const STOP_MS = 30_000;

interface Jaeger extends AsyncDisposable {
  query: string;
  otlp: string;
}

/**
 * Sends copies of traces to Jaeger with Badger, and restarts it.
 * @returns how many were sent, and how many lack spans afterwards or have another verdict
 */
export async function keepInBadger(binary: string, examples: readonly Example[], traces: number): Promise<{ sent: number; wrong: number }> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'waymark-badger-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const sent: { traceId: string; example: Example }[] = [];
  {
    await using jaeger = await startJaeger(binary, folder);
    while (sent.length < traces) {
      const copies = Array.from({ length: BATCH }, (_, at) => {
        const example = examples[(sent.length + at) % examples.length]!;
        return { example, ...example.copy() };
      });
      await sendParts(
        jaeger.otlp,
        copies.flatMap(({ parts, late }) => [...parts, ...late]),
      );
      sent.push(...copies);
    }
  }
  await using jaeger = await startJaeger(binary, folder);
  const kept = tracesFrom(jaeger.query);
  let wrong = 0;
  for (const { traceId, example } of sent) {
    const trace = await kept.now(traceId).catch(() => undefined);
    const isWhole = trace && trace.spans.length > 0 && judge(trace).completeness.state === 'complete';
    if (trace?.spans.length !== example.spans || isWhole !== example.isWhole) wrong += 1;
  }
  return { sent: sent.length, wrong };
}

async function startJaeger(binary: string, folder: string): Promise<Jaeger> {
  const [query = '', otlp = '', health = '', grpc, queryGrpc] = await Promise.all(
    Array.from({ length: 5 }, async () => `127.0.0.1:${await freePort()}`),
  );
  const env = { ...process.env, TRACES_DIR: folder, QUERY: query, HTTP: otlp, HEALTH: health, GRPC: grpc, QUERY_GRPC: queryGrpc };
  const args = ['jaeger.yaml', 'badger.yaml'].flatMap((file) => ['--config', fileOf(`jaeger/${file}`)]);
  const child = startChild(binary, args, { cwd: '/', env, guardSignal: 'TERM' });
  await using undo = new AsyncDisposableStack();
  undo.defer(() => child.stop('SIGTERM', STOP_MS));
  await untilHealthy('Jaeger', child, `http://${health}/status`);
  const stop = undo.move();
  return { query: `http://${query}`, otlp: `http://${otlp}`, [Symbol.asyncDispose]: () => stop.disposeAsync() };
}
