import { IncompleteTraceError } from '../../traces/incomplete-trace-error.ts';
import { tracesFrom } from '../../traces/traces.ts';
import { colouredVerdict } from '../colour.ts';
import type { Command } from '../command.ts';
import { durationMs } from '../duration.ts';
import { json } from '../json.ts';
import { judged, report } from '../judged.ts';
import { Misuse } from '../misuse.ts';

export const wait: Command = {
  name: 'wait',
  operands: '<trace id>',
  summary: 'Waits until a trace is complete',
  details: 'Exits with 1 and says what is missing if it is not complete in time.',
  options: { timeout: { type: 'string', value: '<duration>', help: 'how long, such as 30s (default 5s)' } },
  async run({ operands, values, url, json: asJson }, io) {
    const [id, ...more] = operands;
    if (id === undefined || !/^[0-9a-f]{32}$/i.test(id) || more.length > 0) throw new Misuse('wait takes one trace id of 32 hex digits.');
    const timeoutMs = durationMs(typeof values['timeout'] === 'string' ? values['timeout'] : '5s', 'timeout');
    try {
      const one = judged(await tracesFrom(url).of(id, { timeoutMs }));
      io.print(asJson ? json(report(one)).split('\n') : [colouredVerdict(one, io)]);
      return 0;
    } catch (error) {
      if (!(error instanceof IncompleteTraceError)) throw error;
      if (asJson) io.print(json(report(judged(error.trace))).split('\n'));
      else io.remark(error.message.split('\n'));
      return 1;
    }
  },
};
