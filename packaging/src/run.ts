import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

interface Where {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs a program to its end, and resolves with what it wrote. Rejects with what it wrote if it fails. */
export async function run({ cwd, env = {} }: Where, program: string, ...args: readonly string[]): Promise<string> {
  const ownEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|pnpm_|NODE_OPTIONS|JEST_)/i.test(name)));
  const options = { cwd, env: { ...ownEnv, ...env }, maxBuffer: 64_000_000 };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, options);
    return stdout + stderr;
  } catch (error) {
    const { message, stdout = '' } = error as Error & { stdout?: string };
    throw new Error(`${message}\n${stdout}`, { cause: error });
  }
}
