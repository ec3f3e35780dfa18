import { segments, type Segment } from '../settled.ts';
import { counted } from '../text.ts';
import { error, named } from './finding.ts';
import type { Finding, Rule } from './finding.ts';

/** No segment has more spans than it declares (docs/manifest.md). A segment with fewer spans is incomplete: see `settled`. */
export const manifest: Rule = ({ nodes }) => segments(nodes).flatMap(outlived);

function outlived({ root, declared, spans }: Segment): Finding[] {
  if (spans.length <= declared) return [];
  const late = spans.filter((span) => span.start >= root.end);
  const extra = late.length > 0 ? late : spans.slice(declared);
  const message = `${named(root)} declared ${counted(declared, 'span')} and has ${spans.length}: ${extra.slice(0, 3).map(named).join(', ')} came after it had ended.`;
  return [
    error(
      'segment-outlived',
      [root, ...extra],
      message,
      'Work continued after its request or job had ended: it was neither awaited nor detached.',
    ),
  ];
}
