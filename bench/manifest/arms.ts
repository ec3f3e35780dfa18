import { start, type Child } from '../child.ts';

/** The control runs twice: its difference to itself shows how much two equal processes differ. */
export const ARMS = ['control', 'manifest', 'control again'] as const;
export type Arm = (typeof ARMS)[number];

/** A value for each arm. */
export type Each<T> = Readonly<Record<Arm, T>>;

export const each = <T>(of: (arm: Arm) => T): Each<T> => ({
  control: of('control'),
  manifest: of('manifest'),
  'control again': of('control again'),
});

/** Returns the order of a round. Each round starts with another arm and runs all arms forwards, then backwards. */
export function thereAndBack(round: number): Arm[] {
  const there = ARMS.map((_, at) => ARMS[(at + round) % ARMS.length] ?? 'control');
  return [...there, ...there.toReversed()];
}

/** Runs `work` with a new process of each arm, then stops them. Rejects if the manifest is on in the control or off in the other arm. */
export async function withEach<Answer extends { declares: boolean }, T>(
  program: string,
  env: Record<string, string>,
  work: (children: Each<Child<Answer>>) => Promise<T>,
): Promise<T> {
  const startArm = (arm: Arm): Promise<Child<Answer>> => {
    const preloaded = ['@waymark/tracing/register', ...(arm === 'manifest' ? [] : ['./manifest/without-manifest.ts'])];
    const execArgv = preloaded.flatMap((module) => ['--import', module]);
    return start(`manifest/${program}`, execArgv, { NODE_ENV: 'production', OTEL_SERVICE_NAME: 'bench', ...env });
  };
  const [control, manifest, again] = [await startArm('control'), await startArm('manifest'), await startArm('control again')];
  const children = { control, manifest, 'control again': again };
  try {
    for (const arm of ARMS) {
      const { declares } = await children[arm].ask();
      if (declares !== (arm === 'manifest')) throw new Error(`${arm}: its spans ${declares ? 'are' : 'are not'} counted`);
    }
    return await work(children);
  } finally {
    for (const arm of ARMS) await children[arm].stop();
  }
}
