// What an operator calls beside a running order service: `node src/dead-letters.ts` lists the dead letters, with the id of one it is replayed.
const base = `http://127.0.0.1:${process.env['PORT'] || 8082}/dead-letters`;
const [messageId] = process.argv.slice(2);
const answer = await (messageId ? fetch(`${base}/${messageId}/replay`, { method: 'POST' }) : fetch(base)).catch((cause: unknown) => {
  throw new Error(`Nobody answers at ${base}: start the order service, or set PORT to where it listens`, { cause });
});
const told = { traceId: answer.headers.get('x-trace-id'), ...((await answer.json()) as object) };
process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
if (!answer.ok) process.exitCode = 1;
