import { waterfall } from '#trace-model';
import { colouredVerdict } from '../colour.ts';
import type { Command } from '../command.ts';
import { json } from '../json.ts';
import { judged, report } from '../judged.ts';
import { readOperands } from '../read-operand.ts';

export const show: Command = {
  name: 'show',
  operands: '<trace>…',
  summary: 'Draws traces as waterfalls',
  details: 'Solid bars are the critical path: the time the whole waited for. The last line is the verdict.',
  options: {},
  async run(given, io) {
    const traces = (await readOperands(given, io)).map(judged);
    if (given.json) io.print(json(traces.map((one) => ({ ...report(one), spans: one.trace.spans }))).split('\n'));
    else {
      for (const one of traces) {
        if (one.explanation) io.print(one.explanation);
        io.print(waterfall(one.trace, { width: io.columns, colour: io.colour }).split('\n'));
        io.print(colouredVerdict(one, io));
      }
    }
    return 0;
  },
};
