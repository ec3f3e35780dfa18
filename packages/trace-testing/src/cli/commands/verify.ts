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
  summary: 'Checks that traces are complete and sound',
  details: 'Exits with 1 if one is not, and says why. A failed request does not matter. In GitHub Actions, adds annotations to the run.',
  options: {
    services: { type: 'string', value: '<names>', help: 'services that must take part in each trace, separated by commas' },
  },
  async run(given, io) {
    const names = servicesIn(given.values['services']);
    const traces = (await readOperands(given, io)).map(judged);
    const absent = names.length === 0 ? [] : traces.map(({ trace }) => hasServices(trace, names)).filter(({ pass }) => !pass);
    if (given.json) io.print(json(traces.map(report)).split('\n'));
    else for (const one of traces) io.print([`trace ${one.trace.traceId}`, colouredVerdict(one, io), ...explained(one)]);
    for (const { message } of absent) io.remark(`trace: ${message}`);
    // The JSON must stay valid, and GitHub Actions reads commands from both streams.
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
  if (found.length === 0) throw new Misuse('--services takes names separated by commas, such as gateway,order.');
  return found;
}

const explained = ({ findings, completeness: { state, sentence, missing, lost }, explanation }: Judged): string[] => [
  ...(explanation ? [`  ${explanation}`] : []),
  ...(state === 'complete' && sentence !== 'complete' ? [`  ${sentence}`] : []),
  ...[...missing, ...lost].map((line) => `  missing: ${line}`),
  ...findings.flatMap(({ code, severity, message, cause }) => [`  ${severity} ${code}: ${message}`, `    ${cause}`]),
];
