import { loadOperations } from '../shared/api.ts';
import { formatFilter, parseFilter, readFilter } from './attribute-filter.ts';
import { byId, element } from '@waymark/page-kit/element';
import type { Search } from './search-query.ts';

const field = (id: string): HTMLInputElement => byId(id, HTMLInputElement);
const choice = (id: string): HTMLSelectElement => byId(id, HTMLSelectElement);

/** The search in the form. If a field is invalid, the browser shows a hint at it, and this returns undefined. */
export function readForm(): Search | undefined {
  const attributes = parseFilter(field('attributes').value);
  field('attributes').setCustomValidity(attributes ? '' : 'Write name=value. Put a value with spaces in quotes: name="two words"');
  if (!attributes || !byId('search', HTMLFormElement).reportValidity()) return undefined;
  return {
    service: choice('service').value,
    operation: field('operation').value.trim(),
    attributes,
    errors: field('errors').checked,
    minDuration: field('min').value.trim(),
    maxDuration: field('max').value.trim(),
    lookback: choice('lookback').value,
    from: dateIn('from', Date.now() - 3_600_000),
    until: dateIn('until', Date.now()),
    limit: choice('limit').value,
  };
}

/** Fills the form from the address. */
export function fillForm(address: URLSearchParams): void {
  const { error, ...attributes } = readFilter(address.get('tags') ?? '');
  choose('service', address.get('service') ?? '');
  field('operation').value = address.get('operation') ?? '';
  field('attributes').value = formatFilter(error === undefined || error === 'true' ? attributes : { error, ...attributes });
  field('errors').checked = error === 'true';
  field('min').value = address.get('minDuration') ?? '';
  field('max').value = address.get('maxDuration') ?? '';
  choose('lookback', address.get('lookback') ?? '1h');
  choose('limit', address.get('limit') ?? '20');
  for (const [id, name] of [
    ['from', 'start'],
    ['until', 'end'],
  ] as const) {
    const micros = Number(address.get(name));
    if (micros > 0) field(id).value = localDate(micros / 1000);
  }
  showBetween();
}

/** Searches for traces of a service. */
export const chooseService = (service: string): void => chooseRoute(service, '');

/** Searches for traces of an operation. */
export function chooseRoute(service: string, operation: string): void {
  choose('service', service);
  field('operation').value = operation;
  void offerOperations();
}

/** Offers these services, and keeps the one that is chosen. */
export function offerServices(services: readonly string[]): void {
  const chosen = choice('service').value;
  choice('service').replaceChildren(new Option('any', ''), ...services.map((name) => new Option(name, name)));
  choose('service', chosen);
}

/** Shows the fields for a time range only when they are needed, and offers the operations of the chosen service. */
export function connectForm(): void {
  choice('lookback').addEventListener('change', showBetween);
  choice('service').addEventListener('change', () => void offerOperations());
  field('attributes').addEventListener('input', () => field('attributes').setCustomValidity(''));
  void offerOperations();
}

async function offerOperations(): Promise<void> {
  const service = choice('service').value;
  const names = service ? await loadOperations(service).catch(() => []) : [];
  byId('operations', HTMLDataListElement).replaceChildren(...names.map((value) => element('option', { value })));
}

function showBetween(): void {
  const custom = choice('lookback').value === 'custom';
  for (const label of document.querySelectorAll<HTMLElement>('.between')) label.hidden = !custom;
}

/** Chooses a value. One that is not offered is added, so that the search is the one in the address. */
function choose(id: string, value: string): void {
  const select = choice(id);
  if (![...select.options].some((option) => option.value === value)) select.add(new Option(value, value));
  select.value = value;
}

const dateIn = (id: string, otherwise: number): number => new Date(field(id).value).getTime() || otherwise;

/** In the format of `datetime-local`. */
const localDate = (time: number): string => new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
