import { dependencies, flowchart, sequenceDiagram } from '@waymark/trace-model';
import type { Command } from '../command.ts';
import { json } from '../json.ts';
import { Misuse } from '../misuse.ts';
import { readOperands } from '../read-operand.ts';

export const flow: Command = {
  name: 'flow',
  operands: '<trace>…',
  summary: 'Draws who calls whom, as Mermaid',
  details: 'GitHub and GitLab render Mermaid in a ```mermaid block.',
  options: { sequence: { type: 'boolean', help: 'a sequence diagram of one trace instead of a graph of all traces' } },
  async run(given, io) {
    const traces = await readOperands(given, io);
    const [trace, ...more] = traces;
    const sequence = given.values['sequence'] === true;
    if (sequence && (!trace || more.length > 0)) throw new Misuse('--sequence draws one trace.');
    const drawn = (): string => (sequence && trace ? sequenceDiagram(trace) : flowchart(dependencies(traces))).trimEnd();
    io.print((given.json ? json(dependencies(traces)) : drawn()).split('\n'));
    return 0;
  },
};
