import type { Finding } from '../verify/finding.ts';
import { verify } from '../verify/verify.ts';
import { span, trace } from './span.ts';
import type { SpanParts } from './span.ts';

/** The findings of `verify` in a trace of these spans. */
export const found = (...spans: readonly SpanParts[]): readonly Finding[] => verify(trace(...spans.map((parts) => span(parts))));

/** The codes of these findings, each with the numbers of its spans: `orphan 2`. Notes are in brackets. */
export const codes = (...spans: readonly SpanParts[]): readonly string[] =>
  found(...spans).map(({ code, severity, spanIds }) => {
    const text = [code, ...spanIds.map((spanId) => Number.parseInt(spanId, 16))].join(' ');
    return severity === 'note' ? `[${text}]` : text;
  });
