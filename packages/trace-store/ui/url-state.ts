/** What the address says, so that a link to the page shows the same again. */
export const urlState = (): URLSearchParams => new URLSearchParams(location.search);

/** Writes values into the address; an empty one is taken out. No entry is added to the history. */
export function setUrlState(values: Readonly<Record<string, string>>): void {
  const state = urlState();
  for (const [name, value] of Object.entries(values)) {
    if (value) state.set(name, value);
    else state.delete(name);
  }
  const query = state.toString();
  history.replaceState(history.state, '', query ? `?${query}` : location.pathname);
}
