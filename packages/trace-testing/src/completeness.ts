import { printable, settled, tree, type Settlement, type Trace } from '#trace-model';

/** How it is known that all of a trace is there. */
export interface Completeness {
  /**
   * `manifest`: every service declares what it did, and all of it is there. `structure`: some do not, or a call got no answer; the root
   * has ended, no parent is missing and nothing more came for a while, which is as much as can be told.
   */
  readonly by: 'manifest' | 'structure';
  /** Services that declare nothing. */
  readonly undeclared: readonly string[];
  /** Calls that got no answer, as `service name`. */
  readonly unanswered: readonly string[];
}

/** What can be said of a trace now. */
export interface Judgement {
  readonly completeness: Completeness;
  /** What is missing, a line each. Nothing: the trace is complete, if by structure then only once it has been quiet. */
  readonly missing: readonly string[];
}

/** Judges a trace by its manifest, or where it has none by its structure. */
export function judge(trace: Trace): Judgement {
  const settlement = settled(trace);
  const missing = settlement.awaited.map(({ message }) => message);
  return { completeness: completeness(settlement), missing: [...missing, ...withoutRoot(trace, missing)] };
}

function completeness({ undeclared, unknown }: Settlement): Completeness {
  const unanswered = unknown.map(({ service, name }) => `${service} \`${name}\``);
  return { by: undeclared.length + unanswered.length === 0 ? 'manifest' : 'structure', undeclared, unanswered };
}

/** A ring of spans awaits no parent, and yet has no beginning. */
function withoutRoot(trace: Trace, missing: readonly string[]): string[] {
  const { tops } = tree(trace);
  return missing.length === 0 && tops.every(({ place }) => place === 'cycle') ? ['the root of the trace'] : [];
}

/** Why a trace is judged by structure, in words. */
export function whyStructure({ undeclared, unanswered }: Completeness): string {
  const reasons = [
    undeclared.length > 0 &&
      `${undeclared.map(printable).join(', ')} ${undeclared.length > 1 ? 'do' : 'does'} not declare how many spans belong to it`,
    unanswered.length > 0 && `${unanswered.map(printable).join(', ')} got no answer`,
  ];
  return reasons.filter(Boolean).join('; ');
}
