import { Agent, request } from 'node:http';

const CONNECTIONS = 4;

/** Posts all bodies over a few keep-alive connections, each as soon as one is free. Rejects if a body is not accepted. */
export async function sendAll(otlpUrl: string, bodies: readonly Buffer[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const waiting = bodies.values();
  const send = async (): Promise<void> => {
    for (const body of waiting) await post(agent, `${otlpUrl}/v1/traces`, body);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, send));
  agent.destroy();
}

function post(agent: Agent, url: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
    const sent = request(url, { agent, method: 'POST', headers }, (answer) => {
      answer
        .resume()
        .once('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(`${url} answered ${answer.statusCode}`))));
    });
    sent.once('error', reject).end(body);
  });
}
