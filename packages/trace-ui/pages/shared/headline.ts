import type { Judgement } from '@waymark/trace-model';
import { element } from '@waymark/page-kit/element';
import { counted, shown } from './shown.ts';

/** A verdict in a few words: the worst of its three answers. */
export interface Headline {
  readonly word: string;
  readonly text: string;
}

export function headline({ completeness, outcome, findings, sound }: Judgement): Headline {
  const codes = [...new Set(findings.filter(({ severity }) => sound || severity === 'error').map(({ code }) => code))];
  const found = codes.length === 0 ? '' : `${counted(findings.length, sound ? 'note' : 'finding')} (${codes.slice(0, 4).join(', ')})`;
  if (outcome.state === 'failed') return { word: 'failed', text: shown(outcome.sentence) };
  if (!sound) return { word: 'broken', text: found };
  if (completeness.state !== 'complete') return { word: completeness.state, text: shown(completeness.sentence.replace(/^\w+:? /, '')) };
  return { word: 'complete', text: found };
}

/** A state, as a sign and a word. */
export const stateChip = (word: string): HTMLElement =>
  element('span', { className: `state ${word}` }, (word[0]?.toUpperCase() ?? '') + word.slice(1));
