// Stands in for WeCom, DingTalk, a phone and an SMS provider, a heartbeat monitor and a mail server. It rejects what they would reject, and keeps
// the newest messages: `curl localhost:8096`.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { mailServer } from './mail-server.ts';

export type Channel = 'email' | 'wecom' | 'dingtalk' | 'phone' | 'sms' | 'heartbeat';

/** A message that was accepted. */
export interface Received {
  channel: Channel;
  at: string;
  text: string;
}

export interface Receiver extends AsyncDisposable {
  url: string;
  /** The address of the mail server. */
  smtp: string;
  /** The newest messages, the newest last. */
  received: readonly Received[];
  /** Why messages were rejected, the newest last. */
  rejected: string[];
}

/** The secrets that its clients must know. */
export const SECRETS = { wecom: 'for development only', dingtalk: 'for development only' };

const KEPT = 200;
const TOKEN = 'token-of-wecom';

function push<T>(list: T[], one: T): void {
  list.push(one);
  if (list.length > KEPT) list.shift();
}

/** Starts on free ports, unless they are given. */
export async function startReceiver({ host = '127.0.0.1', port = 0, smtpPort = 0 } = {}): Promise<Receiver> {
  const received: Received[] = [];
  const rejected: string[] = [];
  const keep = (channel: Channel, text: string): void => {
    push(received, { channel, at: new Date().toISOString(), text });
  };
  const server = createServer((request, response) => {
    const answer = (body: object): unknown => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    accept(request, keep, received).then(answer, (error: Error) => {
      push(rejected, error.message);
      // WeCom and DingTalk answer 200 with an error code.
      return answer({ errcode: 40_000, errmsg: error.message });
    });
  });
  await once(server.listen(port, host), 'listening');
  const mail = mailServer((text) => keep('email', text));
  await once(mail.listen(smtpPort, host), 'listening');
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    smtp: `${host}:${(mail.address() as AddressInfo).port}`,
    received,
    rejected,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await Promise.all([once(server.close(), 'close'), once(mail.close(), 'close')]);
    },
  };
}

/** @throws {Error} that says what is wrong with the request */
async function accept(
  request: IncomingMessage,
  keep: (channel: Channel, text: string) => void,
  received: readonly Received[],
): Promise<object> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://receiver');
  const query = Object.fromEntries(searchParams);
  const body = (request.method === 'POST' ? await json(request) : {}) as Body;
  switch (`${request.method} ${pathname}`) {
    case 'GET /':
      return received;
    case 'GET /cgi-bin/gettoken':
      must(query['corpid'] && query['corpsecret'] === SECRETS.wecom, 'WeCom: wrong corpid or corpsecret');
      return { errcode: 0, errmsg: 'ok', access_token: TOKEN, expires_in: 7200 };
    case 'POST /cgi-bin/message/send':
      must(query['access_token'] === TOKEN, 'WeCom: wrong access_token');
      must(body.agentid && body.touser && body.msgtype === 'markdown', 'WeCom: agentid, touser and msgtype markdown are needed');
      keep('wecom', within(body.markdown?.content, 2_048, 'WeCom: markdown.content'));
      return { errcode: 0, errmsg: 'ok' };
    case 'POST /robot/send':
      must(query['access_token'] && isSigned(query), 'DingTalk: wrong access_token or sign');
      must(body.msgtype === 'markdown' && body.markdown?.title, 'DingTalk: msgtype markdown and markdown.title are needed');
      keep('dingtalk', within(body.markdown?.text, 20_000, 'DingTalk: markdown.text'));
      return { errcode: 0, errmsg: 'ok' };
    case 'POST /phone':
    case 'POST /sms': {
      const channel = pathname === '/phone' ? 'phone' : 'sms';
      must(
        body.to?.every((number) => /^\+\d{8,15}$/.test(number)),
        `${channel}: to must be numbers such as +861000000000`,
      );
      keep(channel, within(body.text, channel === 'sms' ? 140 : 500, `${channel}: text`));
      return {};
    }
    case 'POST /heartbeat':
      keep('heartbeat', '');
      return {};
    default:
      throw new Error(`${request.method} ${pathname} does not exist`);
  }
}

interface Body {
  agentid?: string;
  touser?: string;
  msgtype?: string;
  markdown?: { title?: string; content?: string; text?: string };
  to?: string[];
  text?: string;
}

function must(holds: unknown, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

function within(text: string | undefined, bytes: number, what: string): string {
  must(text && Buffer.byteLength(text) <= bytes, `${what} must have 1 to ${bytes} bytes`);
  return text ?? '';
}

function isSigned({ timestamp = '', sign }: Record<string, string>): boolean {
  const expected = createHmac('sha256', SECRETS.dingtalk).update(`${timestamp}\n${SECRETS.dingtalk}`).digest('base64');
  return sign === expected && Math.abs(Date.now() - Number(timestamp)) < 3_600_000;
}

if (import.meta.main) {
  const { url, smtp } = await startReceiver({ host: '0.0.0.0', port: 8_096, smtpPort: 2_525 });
  process.stdout.write(`listening on ${url}, for mail on ${smtp}\n`);
  process.once('SIGTERM', () => process.exit()); // oxlint-disable-line unicorn/no-process-exit -- it has no state
}
