import type { Judged } from './judged.ts';

/** What is wrong with a trace as workflow commands of GitHub Actions, which shows them beside the run. Notes become notices. */
export function annotations({ trace, findings, unsaid }: Judged): readonly string[] {
  const found = findings.map(({ code, severity, message, cause }) =>
    annotation(severity === 'error' ? 'error' : 'notice', `${code} in trace ${trace.traceId}`, `${message} ${cause}`),
  );
  return [...found, ...unsaid.map((line) => annotation('error', `trace ${trace.traceId} is not complete`, `still waiting for ${line}`))];
}

const annotation = (level: 'error' | 'notice', title: string, message: string): string =>
  `::${level} title=${escaped(title).replaceAll(':', '%3A').replaceAll(',', '%2C')}::${escaped(message)}`;

const escaped = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
