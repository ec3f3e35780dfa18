import { attributeText } from '@waymark/trace-model';
import type { Attributes } from '@waymark/trace-model';
import { element } from './element.ts';
import { shown } from './shown.ts';

const LONG = 400;

/** Makes something that stands after a value, such as a link. */
type After = (name: string, text: string) => Node;

/** Attributes, those that share the first part of their names under it as a heading; the others first. */
export function attributeGroups(attributes: Attributes, after?: After): readonly HTMLElement[] {
  const byPrefix = Map.groupBy(Object.keys(attributes).toSorted(), (name) => /^[^.]+(?=\.)/.exec(name)?.[0] ?? '');
  const alone = [...byPrefix].filter(([prefix, names]) => prefix === '' || names.length === 1).flatMap(([, names]) => names);
  const groups = [...byPrefix].filter(([prefix, names]) => prefix !== '' && names.length > 1);
  return [
    ...(alone.length > 0 ? [element('div', { className: 'group' }, attributeList(attributes, alone, '', after))] : []),
    ...groups.map(([prefix, names]) =>
      element('div', { className: 'group' }, element('h4', {}, shown(prefix)), attributeList(attributes, names, `${prefix}.`, after)),
    ),
  ];
}

/** Some attributes as names, without the prefix they share, and values. */
export function attributeList(attributes: Attributes, names = Object.keys(attributes), prefix = '', after?: After): HTMLElement {
  const pairs = names.map((name) => {
    const text = attributeText(attributes[name]);
    const term = element('dt', { title: shown(name) }, shown(name.slice(prefix.length)));
    return element('div', {}, term, element('dd', {}, valueOf(text), after?.(name, text)));
  });
  return element('dl', { className: 'attributes' }, ...pairs);
}

/** Text of several lines keeps them; very long text is folded. */
function valueOf(text: string): HTMLElement {
  const made = text.includes('\n') ? element('pre', {}, shown(text)) : element('span', {}, shown(text) || '(empty)');
  if (text.length <= LONG) return made;
  return element(
    'details',
    {},
    element('summary', {}, `${shown(text.slice(0, 80))}… (${text.length.toLocaleString('en')} characters)`),
    made,
  );
}
