// `pnpm fuzz` sends random requests to every route of every service, and checks the answers against the contracts.
import { parseArgs } from 'node:util';
import { stopSignals } from '@waymark/local-stack';
import { readArguments } from '../command-line.ts';
import { fuzz, type Report } from './fuzz.ts';
import { startTargets } from './targets.ts';

const HELP = `Usage: pnpm fuzz [--per-route <number>] [--seed <number>] [text ...]

Starts a shop and sends random requests, valid and invalid, to every route of its four services. Each answer must keep
to the contract (status, code, body), must not be 5xx, and must name a trace that arrives in the trace store. 503 with
Retry-After, for a request that was shed, is counted and allowed. With text, only the routes that contain it are used,
such as "order POST".

  --per-route <number>  how many requests each route gets (default: 5000)
  --seed <number>       repeats the requests of an earlier run (default: a new one)
  -h, --help            shows this help

Exit code: 0 if no answer was wrong, 1 if one was, 2 for an invalid command.
`;

interface Wish {
  count: number;
  seed: number;
  texts: string[];
}

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a whole number, not "${text}".`);
  return Number(text);
}

function read(): Wish | 'help' {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'per-route': { type: 'string', default: '5000' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return 'help';
  const seed = whole('seed', values.seed ?? String(Math.floor(Math.random() * 1e9)));
  return { count: whole('per-route', values['per-route']), seed, texts: positionals };
}

function row(name: string, { requests, valid, statuses, shed, traced, faults }: Report): string {
  const answers = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status} × ${count}`);
  const columns = [name.padEnd(52), ...[requests, valid, traced, shed].map((count) => String(count).padStart(8))];
  return `${faults.length === 0 ? '✓' : '✗'} ${columns.join('')}  ${answers.join(', ')}\n${faults.map((fault) => `    ${fault}\n`).join('')}`;
}

async function run({ count, seed, texts }: Wish): Promise<void> {
  using stop = stopSignals();
  await using shop = await startTargets();
  process.stdout.write(
    `seed ${seed}\n  ${['route'.padEnd(52), ...['requests', 'valid', 'traced', 'shed'].map((head) => head.padStart(8))].join('')}  answers\n`,
  );
  let wrong = 0;
  let sent = 0;
  for (const target of shop.targets) {
    const name = `${target.service} ${target.route.method} ${target.route.path}`;
    if (texts.length > 0 && !texts.some((text) => name.includes(text))) continue;
    const report = await fuzz(target, { count, seed, traces: shop.traces, signal: stop.asked });
    if (stop.asked.aborted) break;
    process.stdout.write(row(name, report));
    sent += report.requests;
    if (report.faults.length > 0) wrong += 1;
  }
  process.stdout.write(`${sent} requests; routes with wrong answers: ${wrong}${stop.asked.aborted ? ' (stopped early)' : ''}\n`);
  if (wrong > 0 || stop.asked.aborted) process.exitCode = 1;
}

const wish = readArguments(HELP, read);
if (wish) await run(wish);
