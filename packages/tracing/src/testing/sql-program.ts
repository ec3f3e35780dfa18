// Runs failing and successful queries, each inside a span: `node --import @waymark/tracing/register sql-program.ts <url>`.
import pg from 'pg';
import { span } from '../index.ts';

const client = new pg.Client(process.argv[2]);
await client.connect();

const attempts: Record<string, () => Promise<unknown>> = {
  'with parameters': () => client.query('select $1::text as one, 7 as seven', ['hunter2']),
  'with literals': () => client.query("select 'hunter2' as one, 42 as two /* hunter2 */"),
  'without values': () => client.query({ text: "select E'hunter2\\'' as one", values: [] }),
  'no such table': () => client.query('select * from nowhere where id = $1', [7]),
  'duplicate key': () => client.query("insert into things values ('hunter2')"),
  'in a callback': () =>
    new Promise((resolve, reject) => {
      client.query('select 1 / 0', (error: Error | null) => (error ? reject(error) : resolve('done')));
    }),
  'connection lost': () => client.query('select pg_terminate_backend(pg_backend_pid())'),
  'connection closed': () => client.query('select 1'),
};

client.on('error', () => undefined);
await span('setup', () => client.query("create temp table things (name text primary key); insert into things values ('hunter2')"));
for (const [name, attempt] of Object.entries(attempts)) await span(name, attempt).catch(() => undefined);
await client.end().catch(() => undefined);
