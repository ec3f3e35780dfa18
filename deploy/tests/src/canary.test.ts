import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freeAddress, start } from '@waymark/monitoring/start';
import { golden } from './manifests.ts';
import { run } from './programs.ts';
import { missing } from './tools.ts';
import { judge, type Query } from './testing/canary.ts';
import { recording, type Behaviour } from './testing/recording.ts';

/** Any time in the past does. */
const START = Date.UTC(2026, 0, 1) / 1_000;
/** The series begin before the canary is judged, and end after the last step of production. */
const SECONDS = 1_500;

const GOOD: Behaviour = { requests: 20, errors: 0.002, slowest: 0.3 };

/** What the new version does, and what follows from it, with the steps of production: 10 minutes at 25 %, and 10 at 50 %. */
const VERSIONS: Record<string, { does: (second: number) => Behaviour | undefined; expected: object }> = {
  'works as well as before': { does: () => GOOD, expected: { outcome: 'promoted', weight: 100 } },
  'fails no request': { does: () => ({ ...GOOD, errors: 0 }), expected: { outcome: 'promoted', weight: 100 } },
  'fails one request in twenty': {
    does: () => ({ ...GOOD, errors: 0.05 }),
    expected: { outcome: 'rolled back', because: 'error-ratio', after: 150, weight: 25 },
  },
  'fails every request': { does: () => ({ ...GOOD, errors: 1 }), expected: { outcome: 'rolled back', because: 'error-ratio', weight: 25 } },
  'answers one request in fifty after two seconds': {
    does: () => ({ ...GOOD, slowest: 2 }),
    expected: { outcome: 'rolled back', because: 'p99-seconds', after: 150, weight: 25 },
  },
  'fails some requests in one short burst': {
    does: (second) => ({ ...GOOD, errors: second >= 225 && second < 240 ? 0.3 : 0.002 }),
    expected: { outcome: 'promoted', weight: 100 },
  },
  'gets no request': { does: () => undefined, expected: { outcome: 'paused', because: 'error-ratio', after: 210, weight: 25 } },
  'gets too few requests to judge': { does: () => ({ ...GOOD, requests: 0.1 }), expected: { outcome: 'paused', weight: 25 } },
  'cannot be scraped any more after five minutes': {
    does: (second) => (second < 300 ? GOOD : undefined),
    expected: { outcome: 'paused', weight: 25 },
  },
  'leaks, and gets slower and slower': {
    does: (second) => ({ ...GOOD, slowest: 0.2 + second / 1_000 }),
    expected: { outcome: 'rolled back', because: 'p99-seconds', weight: 50 },
  },
  'leaks, and fails more and more requests': {
    does: (second) => ({ ...GOOD, errors: second / 75_000 }),
    expected: { outcome: 'rolled back', because: 'error-ratio', weight: 50 },
  },
};

const production = golden('production');
const hashOf = (version: string): string => version.replaceAll(' ', '-');

const noPrometheus = missing('prometheus', 'promtool');

(noPrometheus ? describe.skip : describe)(`a canary that${noPrometheus}`, () => {
  const undo = new AsyncDisposableStack();
  let query: Query;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'waymark-canary-'));
    undo.defer(() => rm(folder, { recursive: true }));
    // While the canary is judged, the stable version fails half of its requests, slowly. That must not matter.
    const stable = recording('stable', START, SECONDS, () => ({ requests: 60, errors: 0.5, slowest: 9 }));
    const series = Object.entries(VERSIONS).flatMap(([version, { does }]) => recording(hashOf(version), START, SECONDS, does));
    await writeFile(join(folder, 'series.txt'), [...stable, ...series, '# EOF', ''].join('\n'));
    const said = run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'series.txt'), join(folder, 'data')]);
    if (said.startsWith('exit code')) throw new Error(`promtool rejects the series: ${said}`);
    await writeFile(join(folder, 'prometheus.yml'), '');
    const address = await freeAddress();
    undo.use(
      await start('prometheus', `http://${address}/-/ready`, [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        '--storage.tsdb.retention.time=100y',
        `--web.listen-address=${address}`,
      ]),
    );
    query = async (text, second) => {
      const answer = await fetch(`http://${address}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: text, time: String(START + second) }),
      });
      const { data, error } = (await answer.json()) as { data?: { result: { value: [number, string] }[] }; error?: string };
      if (!data) throw new Error(`Prometheus rejects the query: ${error}\n${text}`);
      return data.result.map(({ value: [, value] }) => Number(value));
    };
  });
  afterAll(() => undo.disposeAsync());

  test.each(Object.entries(VERSIONS))('%s', async (version, { expected }) => {
    expect(await judge(production, 'order', hashOf(version), query)).toMatchObject(expected);
  });
});
