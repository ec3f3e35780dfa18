// A command for operators of a running order service: `node src/dead-letters.ts --help`.
import { parseArgs } from 'node:util';
import { orderApi } from '@waymark/contracts';
import { clientOf, closeClients, Problem } from '@waymark/service-kit';

const HELP = `Lists dead letters, the jobs that failed for good, and replays them.

  node src/dead-letters.ts [list]           lists the newest hundred, those not replayed first
  node src/dead-letters.ts replay <id> ...  replays these
  node src/dead-letters.ts replay --all     replays all that were not replayed; if it prints "more": true, run it again

  --job <name>       only jobs of this kind, such as fulfil_order
  --reason <text>    only dead letters whose reason contains this text
  --replayed <bool>  (list) only those that were replayed (true) or not (false)
  --after <id>       (list) the page after this dead letter
  --limit <n>        (list) the number to list, at most 100

It calls the service at ORDER_URL (http://127.0.0.1:8082) with the service's INTERNAL_SECRET, and prints JSON.
`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = { all: flag, help: flag, job: text, reason: text, replayed: text, after: text, limit: text };

function print(told: object): void {
  process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const { all = false, help, job, reason, after, limit } = values;
  // The service validates it.
  const replayed = values.replayed as 'true' | 'false' | undefined;
  const [command = 'list', ...ids] = positionals;
  if (help) return void process.stdout.write(HELP);
  const { ORDER_URL, PORT, INTERNAL_SECRET } = process.env;
  const order = clientOf(orderApi, ORDER_URL || `http://127.0.0.1:${PORT || '8082'}`, INTERNAL_SECRET);
  if (command === 'list') {
    return print(await order.listDeadLetters({ query: { job, reason, replayed, after, limit } }));
  }
  if (command !== 'replay' || all === ids.length > 0) throw new Error(`Use list, replay <id> ... or replay --all.\n\n${HELP}`);
  if (all) return print(await order.replayDeadLetters({ body: { job, reason } }));
  for (const messageId of ids) print(await order.replayDeadLetter({ params: { messageId } }));
}

try {
  await main();
} catch (error) {
  process.exitCode = 1;
  if (error instanceof Problem) print({ code: error.code, detail: error.message });
  else process.stderr.write(`${(error as Error).message}\n`);
} finally {
  await closeClients();
}
