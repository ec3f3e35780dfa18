import pg from 'pg';

/** Runs one statement on a database, with its own connection. */
export async function query<Row extends pg.QueryResultRow>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Runs a statement whose only result is a `count`. */
export async function countOf(url: string, text: string, values: unknown[] = []): Promise<number> {
  return (await query<{ count: number }>(url, text, values))[0]?.count ?? 0;
}
