import { withoutSkew } from '../clocks.ts';
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
 * Checks whether a trace is sound. Errors come first. A wrong clock is one finding (`clock-skew`); the other rules see corrected times. Never
 * throws: if the value is not a trace, this is a finding too (`not-judged`).
 */
export function verify(trace: Trace): readonly Finding[] {
  const findings = guarded('read', () => {
    const { trace: agreed, skews } = withoutSkew(trace);
    const built = tree(agreed);
    const subject: Subject = { trace: agreed, skews, tree: built, nodes: walk(built) };
    return Object.entries(RULES).flatMap(([name, rule]) => guarded(name, () => rule(subject)));
  });
  return findings.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
}

function guarded(name: string, judge: () => readonly Finding[]): readonly Finding[] {
  try {
    return judge();
  } catch (cause) {
    const message = `The trace could not be checked (${name}): ${cause instanceof Error ? cause.message : 'unknown reason'}.`;
    return [error('not-judged', [], message, 'The value is not a Trace. Read it with readTraces first.')];
  }
}
