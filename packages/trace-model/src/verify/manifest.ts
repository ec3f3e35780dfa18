import { attributeNumber, attributeText } from '../attribute.ts';
import { isLinked, segments, settled, type Awaited, type Segment } from '../settled.ts';
import { counted } from '../text.ts';
import type { Span } from '../trace.ts';
import { error, named } from './finding.ts';
import type { Finding, FindingCode, Rule, Subject } from './finding.ts';

/** What the trace declares of itself (docs/manifest.md) is there, and no more than that. What is lost otherwise, other rules find. */
export const manifest: Rule = (subject) => {
  const byId = Map.groupBy(subject.trace.spans, ({ spanId }) => spanId);
  return [
    ...segments(subject.nodes).flatMap(outlived),
    ...settled(subject.trace).awaited.flatMap((awaited) => missing(awaited, byId)),
    ...skippedAttempts(subject),
  ];
};

/** How the finding says what is awaited. */
export const promised = (awaited: string): string => `The trace promises what is not here: ${awaited}.`;

function outlived({ root, declared, spans }: Segment): Finding[] {
  if (spans.length <= declared) return [];
  const late = spans.filter((span) => span.start >= root.end);
  const extra = late.length > 0 ? late : spans.slice(declared);
  const message = `${named(root)} declared ${counted(declared, 'span')} and has ${spans.length}: ${extra.slice(0, 3).map(named).join(', ')} came after it had ended.`;
  return [
    error('segment-outlived', [root, ...extra], message, 'Work outlived its request or job: it was not awaited, and it was not detached.'),
  ];
}

const CODES: Partial<Record<Awaited['what'], [code: FindingCode, cause: string]>> = {
  spans: ['segment-short', 'The rest is on its way, was lost on export, or never ended.'],
  server: ['peer-missing', 'Its process died, its spans were lost on export, or they are on their way.'],
  detached: ['peer-missing', 'It still runs, its process died, its spans were lost on export, or they are on their way.'],
  attempt: ['attempt-missing', 'The next attempt is still waiting for its time, or its process died.'],
  'dead-letter': ['dead-letter-missing', 'The job is about to be put away, or the process that would died.'],
};

function missing({ what, message, spanIds }: Awaited, byId: ReadonlyMap<string, readonly Span[]>): Finding[] {
  const known = CODES[what];
  if (!known) return [];
  const spans = [...new Set(spanIds)].flatMap((id) => byId.get(id) ?? []);
  return [error(known[0], spans, promised(message), known[1])];
}

/** A killed process takes the span of its attempt with it; the next attempt shows that there was one, unless each has its own trace. */
function skippedAttempts({ trace }: Subject): Finding[] {
  const attempts = trace.spans.filter((span) => span.kind === 'CONSUMER' && attempt(span) !== undefined && !isLinked(span));
  const ofMessage = Map.groupBy(attempts, (span) => attributeText(span.attributes['messaging.message.id']));
  return [...ofMessage.values()].flatMap((spans) => {
    const seen = new Set(spans.map(attempt));
    const last = spans.reduce((a, b) => ((attempt(a) ?? 0) > (attempt(b) ?? 0) ? a : b));
    const skipped = Array.from({ length: Math.min(attempt(last) ?? 0, 1000) }, (_, at) => at + 1).filter((number) => !seen.has(number));
    return skipped.map((number) =>
      error(
        'attempt-missing',
        [last],
        `Attempt ${number} before ${named(last)} left no span.`,
        'Its process was killed, or its span was lost on export.',
      ),
    );
  });
}

const attempt = (span: Span): number | undefined => attributeNumber(span.attributes['waymark.job.attempt']);
