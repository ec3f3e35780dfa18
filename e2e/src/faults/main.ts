// `pnpm --filter @waymark/e2e faults` breaks the shop with each fault and writes docs/faults.md.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { OwnShop } from '../own-shop/own-shop.ts';
import { EXPECTED } from './expected.ts';
import { page, section } from './page.ts';
import { faultsInFile, startFaultyShop, suffer, tracesLeft } from './suffer.ts';

/** When no more spans have come for so long, none will. */
const QUIET_MS = 2_000;

async function sectionOf(own: OwnShop, fault: Awaited<ReturnType<typeof faultsInFile>>[number]): Promise<string> {
  for (;;) {
    const suffered = await suffer(own, fault.name);
    await delay(QUIET_MS);
    const left = await tracesLeft(own, suffered, fault.name);
    const errors = left.trace.spans.filter(({ status }) => status.code === 'ERROR').length;
    const wanted = EXPECTED[fault.name]?.errors ?? errors;
    if (errors === wanted) return section(fault, suffered, left);
  }
}

await using own = await startFaultyShop();
const faults = await faultsInFile();
const sections: string[] = [];
for (const fault of faults) {
  sections.push(await sectionOf(own, fault));
  process.stdout.write(`${fault.name}\n`);
}
await writeFile(join(import.meta.dirname, '../../../docs/faults.md'), page(faults, sections));
