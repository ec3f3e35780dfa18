import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Misuse } from './misuse.ts';

/** What a Backstage catalogue says about a service. */
export interface CatalogEntry {
  /** The name of the group or user. */
  readonly owner: string;
  /** The annotation `on-call`, with any prefix. */
  readonly onCall: string;
  /** The links of the type `runbook`. */
  readonly runbooks: readonly { readonly title: string; readonly url: string }[];
}

interface Entity {
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly annotations?: Readonly<Record<string, unknown>>;
    readonly links?: readonly { readonly type?: string; readonly title?: string; readonly url?: string }[];
  };
  readonly spec?: { readonly owner?: string; readonly target?: string; readonly targets?: readonly string[] };
}

/** The components of a `catalog-info.yaml` and of the files that its Locations name, by name. Throws `Misuse` if a file cannot be read. */
export async function readCatalog(path: string): Promise<ReadonlyMap<string, CatalogEntry>> {
  const { parseAllDocuments } = await import('yaml').catch((error: unknown) => {
    throw new Misuse(`${path} cannot be read without the package yaml. Install it: npm install --save-dev yaml`, { cause: error });
  });
  const found = new Map<string, CatalogEntry>();
  const files = new Set([path]);
  // A set also visits what is added meanwhile, and each file once.
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new Misuse(`the catalogue ${file} cannot be read (${error.code}).`, { cause: error });
    });
    for (const document of parseAllDocuments(text)) {
      const [error] = document.errors;
      if (error) throw new Misuse(`the catalogue ${file} is not YAML: ${error.message}`, { cause: error });
      const { kind, metadata, spec } = (document.toJS() ?? {}) as Entity;
      if (kind === 'Component' && metadata?.name) found.set(metadata.name, entry(metadata, spec));
      const targets = kind === 'Location' ? [spec?.target ?? [], spec?.targets ?? []].flat() : [];
      for (const target of targets) if (!URL.canParse(target)) files.add(join(dirname(file), target));
    }
  }
  return found;
}

function entry({ annotations = {}, links = [] }: NonNullable<Entity['metadata']>, spec: Entity['spec']): CatalogEntry {
  const [, onCall = ''] = Object.entries(annotations).find(([key]) => key.split('/').at(-1) === 'on-call') ?? [];
  return {
    owner: spec?.owner?.split(/[:/]/).at(-1) ?? '',
    onCall: String(onCall),
    runbooks: links.filter(({ type }) => type === 'runbook').map(({ title, url = '' }) => ({ title: title ?? url, url })),
  };
}
