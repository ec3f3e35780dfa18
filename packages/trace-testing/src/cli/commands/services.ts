import { columns, formatDuration, printable, servicesTable, type ServiceRow } from '@waymark/trace-model';
import type { Command } from '../command.ts';
import { json } from '../json.ts';
import { readOperands } from '../read-operand.ts';

export const services: Command = {
  name: 'services',
  operands: '<trace>…',
  summary: 'Shows what each service contributed',
  details: 'Self time is the time that spans spent outside of their children.',
  options: {},
  async run(given, io) {
    const rows = servicesTable(await readOperands(given, io));
    io.print(given.json ? json(rows).split('\n') : table(rows));
    return 0;
  },
};

function table(rows: readonly ServiceRow[]): readonly string[] {
  const cells = rows.map(({ service, spans, p50, p95, max, selfTime, errors }) => [
    printable(service),
    String(spans),
    ...[p50, p95, max, selfTime].map(formatDuration),
    String(errors),
  ]);
  const all = [['service', 'spans', 'median', 'p95', 'longest', 'self time', 'errors'], ...cells];
  const widths = (all[0] ?? []).map((_, column) => all.reduce((most, row) => Math.max(most, columns(row[column] ?? '')), 0));
  const padding = (cell: string, at: number): string => ' '.repeat((widths[at] ?? 0) - columns(cell));
  return all.map((row) => row.map((cell, at) => (at === 0 ? cell + padding(cell, at) : padding(cell, at) + cell)).join('  '));
}
