import { annotations } from '../annotations.ts';
import { colouredVerdict } from '../colour.ts';
import type { Command } from '../command.ts';
import { json } from '../json.ts';
import { judged, report, type Judged } from '../judged.ts';
import { readOperands } from '../read-operand.ts';

export const verify: Command = {
  name: 'verify',
  operands: '<trace>…',
  summary: 'Says whether traces are complete and sound, and if not, why',
  details: 'Exits with 1 when one is not; that a request failed does not matter. In GitHub Actions, annotates the run.',
  options: {},
  async run(given, io) {
    const traces = (await readOperands(given, io)).map(judged);
    if (given.json) io.print(json(traces.map(report)).split('\n'));
    else for (const one of traces) io.print([`trace ${one.trace.traceId}`, colouredVerdict(one, io), ...explained(one)]);
    // Not into the JSON: the runner reads workflow commands from either stream.
    const to = given.json ? 'err' : 'out';
    if (io.env['GITHUB_ACTIONS'] === 'true') for (const line of annotations(traces)) io.command(line, to);
    return traces.some(({ broken }) => broken) ? 1 : 0;
  },
};

const explained = ({ findings, completeness: { state, sentence, missing, lost }, explanation }: Judged): string[] => [
  ...(explanation ? [`  ${explanation}`] : []),
  ...(state === 'complete' && sentence !== 'complete' ? [`  ${sentence}`] : []),
  ...[...missing, ...lost].map((line) => `  missing: ${line}`),
  ...findings.flatMap(({ code, severity, message, cause }) => [`  ${severity} ${code}: ${message}`, `    ${cause}`]),
];
