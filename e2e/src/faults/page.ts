import { inWords, type Fault } from '@waymark/faults';
import { judge, tree, verdict, verify, walk, waterfall, type Span, type Trace } from '@waymark/trace-model';
import type { Left, Suffered } from './suffer.ts';

/** Judges traces as if so much time had passed that nothing more can come. */
const LATER_MS = 7_200_000;

const isMarked = ({ attributes }: Span): boolean => attributes['waymark.fault'] !== undefined;

/** The verdict on a trace, and its findings, one line each. */
export function verdictLines(trace: Trace): string[] {
  const judgement = judge(trace, Date.now() + LATER_MS);
  return [verdict(trace, judgement), ...judgement.findings.map(({ severity, code, message }) => `${severity} ${code}: ${message}`)];
}

/** The page docs/faults.md, from the sections. */
export const page = (faults: readonly Fault[], sections: readonly string[]): string => `${INTRODUCTION}
${faults.map(({ name, about }) => `- [${name}](#${name}): ${about.title.toLowerCase()}`).join('\n')}

${sections.join('\n')}`;

/** The section of a fault: what it does, what the user sees, and what its trace shows. */
export function section(fault: Fault, { answer, order }: Suffered, { trace, elsewhere }: Left): string {
  const { name, about } = fault;
  const ending = order ? `, and the order is \`${order.status}\`` : ` \`${(answer.body as unknown as { code: string }).code}\``;
  return `## ${name}

${about.title}.

**What it does.** ${inWords(fault)}.

**What the user sees.** ${about.user} The answer is ${answer.status}${ending}.

**What the trace shows.** ${about.trace}

${drawn(trace)}
${elsewhere ? `\nThe other trace:\n\n${drawn(elsewhere)}\n` : ''}
**Which metric shows it.** ${about.metric}

**How to recognise it in real life.** ${about.recognise}
`;
}

function drawn(trace: Trace): string {
  return `\`\`\`\n${waterfall(trace, { width: 110, spans: rowsToShow(trace) })
    .split('\n')
    .slice(1)
    .join('\n')}\n\n${verdictLines(trace).join('\n')}\n\`\`\``;
}

/** The rest of a trace is as always: shows the rows up to the last one that has a mark, an error or a finding, and those right below it. */
function rowsToShow(trace: Trace): number {
  const nodes = walk(tree(trace));
  const found = new Set(verify(trace).flatMap(({ spanIds }) => spanIds));
  const last = nodes.findLastIndex(({ span }) => isMarked(span) || span.status.code === 'ERROR' || found.has(span.spanId));
  const depth = nodes[last]?.depth ?? 0;
  const end = nodes.findIndex((node, at) => at > last && node.depth <= depth);
  return Math.max(4, Math.min(end < 0 ? nodes.length : end, last + 10));
}

/** What must be the same in each run: no ids, times and bars. */
export const anyRun = (text: string): string =>
  text
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{16,32}\b/g, '…')
    .replaceAll(/[█░ ]+[█░][█░ ]*(?=\s\d)/g, ' ')
    .replaceAll(/(?<![\w-])\d[\d.,]* (ms|µs|s)\b/g, '… ms')
    .replaceAll(/[ ]+/g, ' ');

const INTRODUCTION = `# Faults

The shop can break on purpose, so that you can see what a failure looks like in a trace. Each fault below can be switched on while the shop runs.
\`pnpm start\` and \`docker compose\` allow faults. A production deployment must not: see [Allow them](#allow-them).

This page is generated from [deploy/faults.flagd.json](../deploy/faults.flagd.json) and from traces of the shop. The tests break the shop in the same
ways, and compare the outcome with this page.

## Switch one on

For one request, name faults in a header, separated by commas. Only this request suffers. The names travel as baggage, through every service and job:

\`\`\`
curl -i localhost:8080/v1/orders -H 'x-waymark-fault: auth-slow' …
\`\`\`

On the shop page, choose them under "Break it": they hit the next order.

For all requests, or a share of them, use the command. The services read the file again within a second:

\`\`\`
npx -y pnpm@12 fault list
npx -y pnpm@12 fault on auth-slow --percent 20
npx -y pnpm@12 fault off --all
npx -y pnpm@12 fault show auth-slow
\`\`\`

Each span that a fault hits has the attribute \`waymark.fault\` with its name. In Jaeger, search for the tag \`waymark.fault=auth-slow\`.

## Allow them

The variable \`FAULTS_FILE\` names a file of flags in [flagd's format](https://flagd.dev/reference/flag-definitions/). Only a service that has it loads the code of the
faults. Without it, nothing can switch a fault on: the header has no effect, and baggage with the names of faults is dropped. **Do not set it in production**, or
anybody who can send a request can break theirs, and burn your CPU with it.

To add a fault, add a flag. Its variant \`on\` says which service, where (\`at\`) and what it does (\`effects\`):
[packages/faults](../packages/faults) lists the places and effects.

## The faults
`;
