/** One line of `/metrics`. */
export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
  exemplar?: Readonly<Record<string, string>>;
}

/** Reads the metrics of a service. `url` is the base URL of its `/metrics`. */
export async function readMetrics(url: string): Promise<Sample[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text.split('\n').flatMap((line) => {
    const parts = /^(\w+)(?:\{(.*?)\})? (\S+)(?: # \{(.*?)\} .*)?$/.exec(line);
    if (!parts) return [];
    const [, name = '', labels = '', value, exemplar] = parts;
    return { name, labels: pairs(labels), value: Number(value), ...(exemplar && { exemplar: pairs(exemplar) }) };
  });
}

function pairs(text: string): Record<string, string> {
  return Object.fromEntries(Array.from(text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g), ([, name = '', value = '']) => [name, value]));
}

/** The value of the one series with these labels, among others. Undefined if there is none; throws if there are several. */
export function valueOf(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  const found = samples.filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value));
  if (found.length > 1) throw new Error(`${name} has ${found.length} such series: ${JSON.stringify(found)}`);
  return found[0]?.value;
}
