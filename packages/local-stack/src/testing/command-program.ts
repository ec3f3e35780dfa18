import { main } from '../command.ts';

// Runs the command line on the workspace in the first argument.
const [root = '', ...argv] = process.argv.slice(2);
process.exitCode = await main(argv, root);
