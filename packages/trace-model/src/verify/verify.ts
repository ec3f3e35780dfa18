import type { Trace } from '../trace.ts';
import { tree, walk } from '../tree.ts';
import { attributes } from './attributes.ts';
import { calls } from './calls.ts';
import { error } from './finding.ts';
import type { Finding, Rule, Subject } from './finding.ts';
import { ids } from './ids.ts';
import { manifest } from './manifest.ts';
import { messages } from './messages.ts';
import { secrets } from './secrets.ts';
import { shape } from './shape.ts';
import { status } from './status.ts';
import { times } from './times.ts';

const RULES: Readonly<Record<string, Rule>> = { shape, ids, times, calls, messages, manifest, status, attributes, secrets };

/**
 * Judges whether a trace holds together, by rules that look at the spans as they are, unadjusted. Errors come first. Never throws: what
 * is no trace at all, or breaks a rule itself, is a finding too (`not-judged`).
 */
export function verify(trace: Trace): readonly Finding[] {
  const findings = guarded('reading it', () => {
    const built = tree(trace);
    const subject: Subject = { trace, tree: built, nodes: walk(built) };
    return Object.entries(RULES).flatMap(([name, rule]) => guarded(name, () => rule(subject)));
  });
  return findings.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
}

function guarded(name: string, judge: () => readonly Finding[]): readonly Finding[] {
  try {
    return judge();
  } catch (cause) {
    const message = `The trace could not be judged by the rule of ${name}: ${cause instanceof Error ? cause.message : 'unknown reason'}.`;
    return [error('not-judged', [], message, 'It was not made by a reader of this package, and is not what its type says.')];
  }
}
