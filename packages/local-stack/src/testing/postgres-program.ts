import { startPostgres } from '../postgres.ts';
import { StartError } from '../start-error.ts';

// Starts a Postgres on the given folder, prints its address, and keeps running.
try {
  const postgres = await startPostgres({ dir: process.argv[2] ?? '' });
  console.log(`url ${postgres.url} pid ${postgres.child.pid} end`);
} catch (error) {
  console.log(error instanceof StartError ? `StartError: ${error.message}` : error);
  console.log('end');
}
