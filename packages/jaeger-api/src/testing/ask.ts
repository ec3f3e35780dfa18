/** The status and the JSON of an answer. */
export interface Answered {
  readonly status: number;
  readonly body: unknown;
}

export async function ask(url: string): Promise<Answered> {
  const answer = await fetch(url);
  return { status: answer.status, body: await answer.json() };
}

/** Sends an OTLP request; resolves once it was accepted in full. */
export async function send(otlpUrl: string, body: string | Buffer): Promise<void> {
  const type = typeof body === 'string' ? 'application/json' : 'application/x-protobuf';
  const answer = await fetch(`${otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  if (answer.status !== 200) throw new Error(`${otlpUrl} answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}
