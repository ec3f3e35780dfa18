import { createServer, type Server } from 'node:net';
import { createInterface } from 'node:readline';

/** As much of SMTP (RFC 5321) as a client needs that sends plain mail. `onMail` gets each message, decoded. */
export function mailServer(onMail: (text: string) => void): Server {
  return createServer((socket) => {
    let message: string[] | undefined;
    const say = (reply: string): void => void socket.write(`${reply}\r\n`);
    say('220 receiver');
    socket.on('error', () => socket.destroy());
    const command = (line: string): void => {
      const [verb = ''] = line.toUpperCase().split(' ');
      if (verb === 'DATA') message = [];
      say(REPLIES[verb] ?? '502 not implemented');
      if (verb === 'QUIT') socket.end();
    };
    createInterface({ input: socket }).on('line', (line) => {
      if (!message) return command(line);
      if (line !== '.') return void message.push(line.startsWith('.') ? line.slice(1) : line);
      onMail(decoded(message.join('\n')));
      message = undefined;
      say('250 stored');
    });
  });
}

const OK = '250 ok';
const REPLIES: Readonly<Record<string, string>> = {
  EHLO: OK,
  HELO: OK,
  MAIL: OK,
  RCPT: OK,
  DATA: '354 end with a line with a single dot',
  QUIT: '221 bye',
};

/** Quoted-printable (RFC 2045 §6.7). */
const decoded = (text: string): string =>
  Buffer.from(
    text.replaceAll('=\n', '').replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString();
