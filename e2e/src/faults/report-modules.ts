// Preload this to print which modules of the faults a process loads.
import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, load) {
    if (/openfeature|packages\/faults/.test(url)) process.stdout.write(`${JSON.stringify({ level: 'info', msg: `loaded ${url}` })}\n`);
    return load(url, context);
  },
});
