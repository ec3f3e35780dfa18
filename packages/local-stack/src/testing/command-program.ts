import { main } from '../command.ts';

// The command line on the workspace given first.
const [root = '', ...argv] = process.argv.slice(2);
process.exitCode = await main(argv, root);
