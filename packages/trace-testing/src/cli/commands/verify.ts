import { annotations } from '../annotations.ts';
import { colouredVerdict } from '../colour.ts';
import type { Command } from '../command.ts';
import { hasServices } from '../../assertions/has-services.ts';
import { Misuse } from '../misuse.ts';
import { json } from '../json.ts';
import { judged, report, type Judged } from '../judged.ts';
import { readOperands } from '../read-operand.ts';

export const verify: Command = {
  name: 'verify',
  operands: '<trace>…',
  summary: 'Says whether traces are complete and sound, and if not, why',
  details: 'Exits with 1 when one is not; that a request failed does not matter. In GitHub Actions, annotates the run.',
  options: {
    services: { type: 'string', value: '<names>', help: 'services that must take part in each trace, with commas between them' },
  },
  async run(given, io) {
    const names = servicesIn(given.values['services']);
    const traces = (await readOperands(given, io)).map(judged);
    const absent = names.length === 0 ? [] : traces.map(({ trace }) => hasServices(trace, names)).filter(({ pass }) => !pass);
    if (given.json) io.print(json(traces.map(report)).split('\n'));
    else for (const one of traces) io.print([`trace ${one.trace.traceId}`, colouredVerdict(one, io), ...explained(one)]);
    for (const { message } of absent) io.remark(`trace: ${message}`);
    // Not into the JSON: the runner reads workflow commands from either stream.
    const to = given.json ? 'err' : 'out';
    if (io.env['GITHUB_ACTIONS'] === 'true') for (const line of annotations(traces)) io.command(line, to);
    return absent.length > 0 || traces.some(({ broken }) => broken) ? 1 : 0;
  },
};

function servicesIn(names: string | boolean | undefined): readonly string[] {
  if (names === undefined) return [];
  const found = String(names)
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  if (found.length === 0) throw new Misuse('--services takes names with commas between them, such as gateway,order.');
  return found;
}

const explained = ({ findings, completeness: { state, sentence, missing, lost }, explanation }: Judged): string[] => [
  ...(explanation ? [`  ${explanation}`] : []),
  ...(state === 'complete' && sentence !== 'complete' ? [`  ${sentence}`] : []),
  ...[...missing, ...lost].map((line) => `  missing: ${line}`),
  ...findings.flatMap(({ code, severity, message, cause }) => [`  ${severity} ${code}: ${message}`, `    ${cause}`]),
];
