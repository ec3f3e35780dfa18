import { attributeText } from '@waymark/trace-model';
import type { Attributes } from '@waymark/trace-model';
import { element } from '@waymark/page-kit/element';
import { shown } from '../../shared/shown.ts';

const LONG = 400;

/** Makes what is shown after a value, such as a link. */
type After = (name: string, text: string) => Node;

/** Attributes, grouped by the first part of their names. Those without a group come first. */
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

/** Some attributes as names and values. `prefix`, which all names share, is left out. */
export function attributeList(attributes: Attributes, names = Object.keys(attributes), prefix = '', after?: After): HTMLElement {
  const pairs = names.map((name) => {
    const text = attributeText(attributes[name]);
    const term = element('dt', { title: shown(name) }, ...breakable(shown(name.slice(prefix.length))));
    return element('div', {}, term, element('dd', {}, valueOf(text), after?.(name, text)));
  });
  return element('dl', { className: 'attributes' }, ...pairs);
}

/** A long name may break after a dot or an underscore, and not within a word. */
const breakable = (name: string): (Node | string)[] =>
  name.split(/(?<=[._])/).flatMap((part, at) => (at > 0 ? [element('wbr'), part] : [part]));

/** Keeps line breaks, and folds very long text. */
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
