import { attributeText, tree, walk, type Span, type Trace } from '@waymark/trace-model';

/**
 * A trace as indented text, a span a line: service, kind, name, then HTTP status, attempt, `error.type` and ERROR where it has them.
 * Ids and times are left out, so that the text is the same at every run.
 */
export function sketch(trace: Trace): string {
  return walk(tree(trace))
    .map(({ span, depth }) => `${'  '.repeat(depth)}${[span.service, span.kind, span.name, ...ending(span)].join(' ')}`)
    .join('\n');
}

function ending(span: Span): string[] {
  const status = attributeText(span.attributes['http.response.status_code'] ?? '');
  const attempt = attributeText(span.attributes['waymark.job.attempt'] ?? '');
  const error = attributeText(span.attributes['error.type'] ?? '');
  return [
    status,
    attempt && `attempt ${attempt}`,
    error && error !== status ? error : '',
    span.status.code === 'ERROR' ? 'ERROR' : '',
  ].filter(Boolean);
}

/** Indents text that stands for a part of a sketch. */
export function below(depth: number, part: string): string {
  return part
    .trim()
    .split('\n')
    .map((line) => `${'  '.repeat(depth)}${line}`)
    .join('\n');
}
