import { compare as compared, comparisonText } from '@waymark/trace-model';
import type { Command } from '../command.ts';
import { json } from '../json.ts';
import { Misuse } from '../misuse.ts';
import { readOperands } from '../read-operand.ts';

export const compare: Command = {
  name: 'compare',
  operands: '<trace> <trace>',
  summary: 'Compares two traces',
  details:
    '`-` only in the first, `+` only in the second, `!` another status. The order of siblings does not matter. Exits with 1 if they differ.',
  options: {},
  async run(given, io) {
    const { length } = given.operands;
    if (length !== 2)
      throw new Misuse(
        `compare takes two traces, but ${length === 1 ? '1 was' : `${length} were`} given. Usage: trace compare <trace> <trace>`,
      );
    const [a, b, ...more] = await readOperands(given, io);
    if (!a || !b || more.length > 0) throw new Misuse('compare takes two traces: each file must have exactly one.');
    const comparison = compared(a, b);
    io.print((given.json ? json(comparison) : comparisonText(comparison)).split('\n'));
    return comparison.same ? 0 : 1;
  },
};
