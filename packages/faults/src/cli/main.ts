import { join } from 'node:path';
import { run } from './run.ts';

const { out, err, code } = await run(process.argv.slice(2), join(import.meta.dirname, '../../../..'));
process.stdout.write(out);
process.stderr.write(err);
process.exitCode = code;
