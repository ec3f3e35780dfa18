// `pnpm attack` attacks the shop with outages, overload and abuse, and prints the results.
import { parseArgs } from 'node:util';
import { readArguments, say } from '../command-line.ts';
import { CannotRun, type Attack, type Finding } from './attack.ts';
import { backendOutage, deadBackends, wrongClocks } from './backends.ts';
import { frozenPostgres, fullDisk, lostListener, silentConnections } from './databases.ts';
import { inventoryOutage, kills, rollingRestart } from './outages.ts';
import { traceStore } from './trace-store.ts';
import { badTarget, connections, guessing, insider, overload, repeatedCalls, tinyTimeouts } from './overload.ts';

const ATTACKS: Readonly<Record<string, Attack>> = {
  'lost-listener': lostListener,
  'silent-connections': silentConnections,
  'frozen-postgres': frozenPostgres,
  'full-disk': fullDisk,
  'tiny-timeouts': tinyTimeouts,
  overload,
  'dead-backends': deadBackends,
  'backend-outage': backendOutage,
  'wrong-clocks': wrongClocks,
  'trace-store': traceStore,
  'inventory-outage': inventoryOutage,
  guessing,
  'repeated-calls': repeatedCalls,
  connections,
  'bad-target': badTarget,
  insider,
  'rolling-restart': rollingRestart,
  kills,
};

const names = Object.keys(ATTACKS);
const width = Math.max(...names.map(({ length }) => length)) + 2;
const HELP = `Usage: pnpm attack [name ...] [--quick]

Attacks the shop and prints, for each attack, the result of an earlier version and the result now. Each attack
starts its own shop, without Docker. Without a name all attacks run, which takes about half an hour.

${names.map((name) => `  ${name.padEnd(width)}${ATTACKS[name]?.what}`).join('\n')}

  --quick     runs shorter attacks for a first look; their figures are less reliable
  -h, --help  shows this help

Exit code: 0 if the shop withstood all attacks, 1 if not, 2 for an invalid command.
`;

interface Row {
  name: string;
  attack: Attack;
  finding: Finding | string;
}

async function attackOnce(name: string, attack: Attack, quick: boolean): Promise<Row> {
  process.stderr.write(`${name}: ${attack.what}\n`);
  try {
    return { name, attack, finding: await attack.run({ quick, say }) };
  } catch (error) {
    if (error instanceof CannotRun) return { name, attack, finding: `skipped: ${error.message}` };
    return { name, attack, finding: { now: `the attack failed: ${(error as Error).stack}`, held: false } };
  }
}

function format({ name, attack, finding }: Row): string {
  const [mark, now] = typeof finding === 'string' ? ['-', finding] : [finding.held ? '✓' : '✗', finding.now];
  return `${mark} ${name}: ${attack.what}\n    before  ${attack.before}\n    now     ${now}\n`;
}

function read(): { chosen: string[]; quick: boolean } | 'help' {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return 'help';
  const unknown = positionals.find((name) => !Object.hasOwn(ATTACKS, name));
  if (unknown !== undefined) throw new Error(`There is no attack "${unknown}".`);
  return { chosen: positionals.length > 0 ? positionals : names, quick: values.quick ?? false };
}

const wish = readArguments(HELP, read);
if (wish) {
  const held: boolean[] = [];
  for (const name of wish.chosen) {
    const row = await attackOnce(name, ATTACKS[name] as Attack, wish.quick);
    process.stdout.write(`${format(row)}\n`);
    if (typeof row.finding !== 'string') held.push(row.finding.held);
  }
  process.stdout.write(`The shop withstood ${held.filter(Boolean).length} of ${held.length} attacks.\n`);
  if (held.includes(false)) process.exitCode = 1;
}
