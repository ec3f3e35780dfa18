#!/usr/bin/env node
import { tooOld } from '../node-version.ts';

const reason = tooOld();
if (reason === undefined) {
  // Loaded only now: on an older Node, these modules could fail before the message is printed.
  const [{ processWorld }, { run }] = await Promise.all([import('./io.ts'), import('./run.ts')]);
  process.exitCode = await run(process.argv.slice(2), processWorld());
} else {
  process.stderr.write(`trace: ${reason}\n`);
  process.exitCode = 2;
}
