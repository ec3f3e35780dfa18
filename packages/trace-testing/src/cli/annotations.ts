import type { Judged } from './judged.ts';

/** GitHub Actions shows ten of each kind for a step, and keeps fifty for a job. */
const MOST = 50;

/** The findings as workflow commands of GitHub Actions, which shows them beside the run. Errors come first; notes become notices. */
export function annotations(traces: readonly Judged[]): readonly string[] {
  const all = traces.flatMap(annotationsOf).toSorted((a, b) => Number(b.startsWith('::error')) - Number(a.startsWith('::error')));
  const more = all.length - MOST;
  return more > 0 ? [...all.slice(0, MOST - 1), annotation('notice', 'trace verify', `and ${more + 1} more, in the log`)] : all;
}

function annotationsOf({ trace, findings, completeness }: Judged): readonly string[] {
  const found = findings.map(({ code, severity, message, cause }) =>
    annotation(severity === 'error' ? 'error' : 'notice', `${code} in trace ${trace.traceId}`, `${message} ${cause}`),
  );
  const whole = completeness.state === 'complete';
  return whole ? found : [...found, annotation('error', `trace ${trace.traceId} is not complete`, completeness.sentence)];
}

const annotation = (level: 'error' | 'notice', title: string, message: string): string =>
  `::${level} title=${escaped(title).replaceAll(':', '%3A').replaceAll(',', '%2C')}::${escaped(message)}`;

const escaped = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
