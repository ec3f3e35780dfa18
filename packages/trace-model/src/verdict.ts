import { judge, type Judgement } from './judgement.ts';
import { counted } from './text.ts';
import { services } from './trace.ts';
import type { Trace } from './trace.ts';
import { tree } from './tree.ts';
import type { Finding } from './verify/finding.ts';

/**
 * Summarizes the judgement of a trace in one line: whether it is complete, why its work failed (if it did), its size, and the finding codes, most
 * frequent first. For example `complete: 23 spans, 4 services, 1 root, no findings`. `broken` means complete, but with errors among the findings.
 */
export function verdict(trace: Trace, { completeness, outcome, findings, sound }: Judgement = judge(trace)): string {
  if (trace.spans.length === 0) return 'empty: no spans';
  const roots = tree(trace).tops.filter(({ place }) => place === 'root').length;
  const size = [counted(trace.spans.length, 'span'), counted(services(trace).length, 'service'), counted(roots, 'root')].join(', ');
  const errors = findings.filter(({ severity }) => severity === 'error');
  const notes = findings.filter(({ severity }) => severity === 'note');
  const found = [summary(errors, 'error'), summary(notes, 'note')].filter(Boolean).join('; ') || 'no findings';
  const whole = completeness.state === 'complete';
  const parts = [
    ...(whole && !sound ? ['broken'] : [whole ? 'complete' : completeness.sentence]),
    ...(outcome.state === 'ok' ? [] : [`${outcome.state}: ${outcome.sentence}`]),
  ];
  return `${parts.join('; ')}${parts.length === 1 && whole ? ': ' : '; '}${size}, ${found}`;
}

function summary(findings: readonly Finding[], noun: string): string {
  if (findings.length === 0) return '';
  const codes = [...Map.groupBy(findings, ({ code }) => code)].sort(([, a], [, b]) => b.length - a.length);
  const names = codes.slice(0, 4).map(([code, same]) => (same.length > 1 ? `${same.length} × ${code}` : code));
  return `${counted(findings.length, noun)} (${names.join(', ')}${codes.length > 4 ? ', …' : ''})`;
}
