/** The state in the address, so that a link to the page shows the same. */
export const urlState = (): URLSearchParams => new URLSearchParams(location.search);

/** Writes values into the address and removes empty ones. It adds no entry to the history. */
export function setUrlState(values: Readonly<Record<string, string>>): void {
  const state = urlState();
  for (const [name, value] of Object.entries(values)) {
    if (value) state.set(name, value);
    else state.delete(name);
  }
  const query = state.toString();
  history.replaceState(history.state, '', query ? `?${query}` : location.pathname);
}
