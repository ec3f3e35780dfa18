// Turns Alertmanager's webhooks into messages of services that it does not know: a DingTalk robot, phone calls, SMS, and a heartbeat.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { dingtalk, phone, sms, type Notification } from './messages.ts';

/** Where messages go. */
export interface Destinations {
  /** The robot's webhook, with its access token. */
  dingtalkUrl: string;
  /** With it, each message is signed. */
  dingtalkSecret: string;
  phoneUrl: string;
  smsUrl: string;
  /** Asked for each heartbeat. It should raise an alarm if nobody asks for some minutes. */
  heartbeatUrl: string;
  onCall: readonly string[];
}

/** Far more than Alertmanager sends. Its requests say how long they are. */
const MAX_BODY_BYTES = 1_000_000;

/** Serves `/dingtalk`, `/phone`, `/sms` and `/heartbeat`. If a message cannot be delivered, answers 502, so that Alertmanager tries again. */
export async function startNotifier(to: Destinations, port = 0, host = '127.0.0.1'): Promise<{ url: string } & AsyncDisposable> {
  const routes: Record<string, (notification: Notification) => [url: string, message: object]> = {
    '/dingtalk': (one) => [signed(to.dingtalkUrl, to.dingtalkSecret), dingtalk(one)],
    '/phone': (one) => [to.phoneUrl, phone(one, to.onCall)],
    '/sms': (one) => [to.smsUrl, sms(one, to.onCall)],
    '/heartbeat': () => [to.heartbeatUrl, {}],
  };
  const handle = async (request: IncomingMessage): Promise<[status: number, text: string]> => {
    const route = routes[request.url ?? ''];
    if (!route || request.method !== 'POST') return [404, 'Send POST /dingtalk, /phone, /sms or /heartbeat'];
    if (!(Number(request.headers['content-length']) <= MAX_BODY_BYTES))
      return [413, `Send at most ${MAX_BODY_BYTES} bytes, with Content-Length`];
    const failure = await deliver(...route((await json(request)) as Notification));
    return failure === undefined ? [200, 'delivered'] : [502, failure];
  };
  const server = createServer((request, response) => {
    handle(request).then(
      ([status, text]) => response.writeHead(status).end(text),
      (error: unknown) => response.writeHead(502).end(String(error)),
    );
  });
  await once(server.listen(port, host), 'listening');
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

/** Returns why a message was not taken. DingTalk answers 200 with an error code. */
async function deliver(url: string, message: object): Promise<string | undefined> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(message), signal: AbortSignal.timeout(5_000) });
  const text = await answer.text();
  return answer.ok && !/"errcode":\s*[1-9]/.test(text) ? undefined : `${new URL(url).host} answered ${answer.status}: ${text}`;
}

/** DingTalk's signature: https://open.dingtalk.com/document/robots/customize-robot-security-settings */
function signed(robot: string, secret: string): string {
  const url = new URL(robot);
  const timestamp = String(Date.now());
  url.searchParams.set('timestamp', timestamp);
  url.searchParams.set('sign', createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64'));
  return url.href;
}

if (import.meta.main) {
  const { env } = process;
  const receiver = env['RECEIVER_URL'] ?? 'http://receiver:8096';
  const { url } = await startNotifier(
    {
      dingtalkUrl: env['DINGTALK_URL'] ?? `${receiver}/robot/send?access_token=waymark`,
      dingtalkSecret: env['DINGTALK_SECRET'] ?? 'for development only',
      phoneUrl: env['PHONE_URL'] ?? `${receiver}/phone`,
      smsUrl: env['SMS_URL'] ?? `${receiver}/sms`,
      heartbeatUrl: env['HEARTBEAT_URL'] ?? `${receiver}/heartbeat`,
      onCall: (env['ON_CALL'] ?? '+861000000000').split(','),
    },
    8095,
    '0.0.0.0',
  );
  process.stdout.write(`listening on ${url}\n`);
  process.once('SIGTERM', () => process.exit()); // oxlint-disable-line unicorn/no-process-exit -- it has no state
}
