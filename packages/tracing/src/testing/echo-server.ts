import type { IncomingMessage, ServerResponse } from 'node:http';
import { serve } from './http-server.ts';

/** A request's raw headers: pairs, in order, in the sender's letter case. */
export type WireHeaders = [name: string, value: string][];

/** A server that records requests and responds with `answer`; by default 200 and the request's headers. */
export async function echoServer(
  answer?: (request: IncomingMessage, response: ServerResponse, nth: number) => void,
): Promise<Awaited<ReturnType<typeof serve>> & { received: WireHeaders[] }> {
  const received: WireHeaders[] = [];
  const server = await serve((request, response) => {
    const raw = request.rawHeaders;
    const headers = raw.flatMap((name, at): WireHeaders => (at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : []));
    received.push(headers);
    if (answer) answer(request, response, received.length);
    else response.end(JSON.stringify(headers));
  });
  return Object.assign(server, { received });
}

/** Returns the values of one header, in any letter case. */
export function valuesOf(headers: WireHeaders | undefined, name: string): string[] {
  return (headers ?? []).filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
}
