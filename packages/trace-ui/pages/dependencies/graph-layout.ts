/** A node of a directed graph: its layer, from 0, and its place in the layer, from 0. */
export interface Placed {
  readonly name: string;
  readonly layer: number;
  readonly place: number;
}

/** An arrow of a graph. */
export interface Edge {
  readonly from: string;
  readonly to: string;
}

const SWEEPS = 6;

/**
 * Places the nodes in layers so that arrows point forward wherever they can (longest path; an arrow that closes a ring points back), and
 * orders each layer by where its neighbours are (barycentre), so that few arrows cross.
 */
export function layered(names: readonly string[], edges: readonly Edge[]): readonly Placed[] {
  const forward = withoutRings(
    names,
    edges.filter(({ from, to }) => from !== to),
  );
  const layers = byLayer(names, forward);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const order = sweep % 2 === 0 ? layers : layers.toReversed();
    for (const layer of order) sortByNeighbours(layer, layers, forward);
  }
  return layers.flatMap((layer, index) => layer.map((name, place) => ({ name, layer: index, place })));
}

/** The arrows without those that lead back to a node that a walk from the starts has not left yet. */
function withoutRings(names: readonly string[], edges: readonly Edge[]): readonly Edge[] {
  const targets = new Set(edges.map(({ to }) => to));
  const starts = [...names.filter((name) => !targets.has(name)), ...names];
  const state = new Map<string, 'open' | 'left'>();
  const kept: Edge[] = [];
  const visit = (name: string): void => {
    state.set(name, 'open');
    for (const edge of edges.filter(({ from }) => from === name)) {
      if (state.get(edge.to) === 'open') continue;
      kept.push(edge);
      if (!state.has(edge.to)) visit(edge.to);
    }
    state.set(name, 'left');
  };
  for (const name of starts) if (!state.has(name)) visit(name);
  return kept;
}

function byLayer(names: readonly string[], edges: readonly Edge[]): string[][] {
  const layerOf = new Map(names.map((name) => [name, 0]));
  for (let moved = true; moved;) {
    moved = false;
    for (const { from, to } of edges) {
      const least = (layerOf.get(from) ?? 0) + 1;
      if ((layerOf.get(to) ?? 0) >= least) continue;
      layerOf.set(to, least);
      moved = true;
    }
  }
  const layers: string[][] = [];
  for (const [name, layer] of layerOf) (layers[layer] ??= []).push(name);
  return layers;
}

function sortByNeighbours(layer: string[], layers: readonly (readonly string[])[], edges: readonly Edge[]): void {
  const placeOf = new Map(layers.flatMap((names) => names.map((name, place) => [name, (place + 0.5) / names.length] as const)));
  const weight = new Map(
    layer.map((name) => {
      const near = edges.flatMap(({ from, to }) => (from === name ? [to] : to === name ? [from] : []));
      const sum = near.reduce((total, other) => total + (placeOf.get(other) ?? 0), 0);
      return [name, near.length > 0 ? sum / near.length : (placeOf.get(name) ?? 0)];
    }),
  );
  layer.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
}
