import { context } from './context/run.ts';
import { manifest } from './manifest/run.ts';
import { profile } from './overhead/profile.ts';
import { overhead } from './overhead/run.ts';
import { soak } from './overhead/soak.ts';
import { traceStore } from './trace-store/run.ts';

interface Bench {
  readonly what: string;
  run(quick: boolean): Promise<void>;
  /** With `--profile`. */
  profile?(quick: boolean): Promise<void>;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  overhead: { what: 'what tracing costs a service, compared with no tracing and with others', run: overhead, profile },
  soak: { what: 'memory and errors of traced services while their trace backend fails', run: soak },
  manifest: { what: 'the cost of the manifest, with which a trace says how many spans it has', run: manifest },
  context: { what: 'a copied context compared with a mutex, for up to 1,000 tasks', run: context },
  'trace-store': { what: 'the trace store compared with Jaeger: spans per second, CPU and memory', run: traceStore },
};

const list = Object.entries(BENCHES).map(([name, { what }]) => `  ${name.padEnd(14)}${what}`);
const HELP = `Usage: pnpm bench <name> [--quick]\n\n${list.join('\n')}\n\n--quick: a short run for a first look. Its figures are not reliable.\n--profile: for overhead, where the CPU time of a traced service goes, by package.\n`;

const args = process.argv.slice(2);
const names = args.filter((arg) => arg !== '--quick' && arg !== '--profile');
const [name] = names;
if (name === undefined || name === '--help') process.stdout.write(HELP);
else if (names.length > 1 || !Object.hasOwn(BENCHES, name)) {
  process.stderr.write(`There is no benchmark "${names.join(' ')}".\n\n${HELP}`);
  process.exitCode = 2;
} else {
  const bench = BENCHES[name]!;
  const quick = args.includes('--quick');
  await (args.includes('--profile') && bench.profile ? bench.profile(quick) : bench.run(quick));
}
