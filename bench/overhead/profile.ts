import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from '../child.ts';
import { format, print, progress, progressEnded, table } from '../figures.ts';
import { machine } from '../machine.ts';
import { Chain } from './chain.ts';
import type { Received } from './sink.ts';
import { WAYMARK } from './variants.ts';

const WARM_UP_SECONDS = 8;
const SECONDS = 10;

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string; readonly url: string } }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Prints where the middle one of three traced services spends its CPU time, by package. */
export async function profile(quick: boolean): Promise<void> {
  print(`${machine()}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'waymark-profile-'));
  const sink = await start<Received>('overhead/sink.ts');
  progress(`three traced services under load for ${quick ? 3 : WARM_UP_SECONDS + SECONDS} s`);
  {
    await using chain = await Chain.start(WAYMARK, sink.port, 'profile', ['--cpu-prof', `--cpu-prof-dir=${folder}`]);
    await chain.load(quick ? 3 : WARM_UP_SECONDS + SECONDS);
  }
  progressEnded();
  await sink.stop();
  const [file = ''] = await readdir(folder);
  const shares = sharesOf(JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile);
  await rm(folder, { recursive: true });
  print(
    table(
      ['package', '% of CPU time'],
      shares.map(([name, share]) => [name, format(100 * share, 1)]),
    ),
  );
}

/** The share of each package in the time that is not idle, the largest first. */
function sharesOf({ nodes, samples, timeDeltas }: CpuProfile): [name: string, share: number][] {
  const packages = new Map(nodes.map(({ id, callFrame }) => [id, packageOf(callFrame)]));
  const times = new Map<string, number>();
  for (const [at, id] of samples.entries()) {
    const name = packages.get(id) ?? '';
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[at] ?? 0));
  }
  times.delete('(idle)');
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times].map(([name, time]): [string, number] => [name, time / total]).toSorted(([, one], [, other]) => other - one);
}

function packageOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string {
  const installed = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(url)?.[1];
  const ours = /\/packages\/(tracing\/src\/\w+)/.exec(url)?.[1];
  if (installed ?? ours) return (installed ?? ours)!;
  if (url.startsWith('node:')) return 'node';
  return url ? 'the benchmark' : functionName.startsWith('(') ? functionName : 'native code';
}
