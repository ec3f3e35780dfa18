import { rm } from 'node:fs/promises';

export default async function teardown(): Promise<void> {
  await globalThis.packaging?.registry.close();
  if (globalThis.packaging) await rm(globalThis.packaging.folder, { recursive: true, force: true });
}
