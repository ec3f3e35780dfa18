import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startShop } from '@waymark/local-stack';
import { tracesFrom } from '@waymark/trace-testing';
import { Shopper, type Answer } from '../shop/shopper.ts';
import type { Mutation } from './mutations.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Makes a mistake in a copy of the shop and places an order there. Calls `look` while the shop is still running, and returns its result. */
export async function breakShop<T>(mutation: Mutation, backend: { url: string; otlpUrl: string }, look: () => Promise<T>): Promise<T> {
  await using undo = new AsyncDisposableStack();
  const root = await copyOfShop();
  undo.defer(() => rm(root, { recursive: true, force: true }));
  for (const edit of mutation.edits ?? []) await apply(root, edit);
  const all = {
    OTEL_EXPORTER_OTLP_ENDPOINT: backend.otlpUrl,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    ...(mutation.fault && { FAULTS_FILE: join(ROOT, 'deploy/faults.flagd.json') }),
    ...mutation.env?.all,
  };
  const shop = undo.adopt(await startShop({ root, env: { ...mutation.env, all } }), (one) => one.close({ force: true }));
  const demo = new Shopper(shop.urls.gateway);
  await demo.logIn();
  const own = { shop, demo, traces: tracesFrom(backend.url), tracesUrl: backend.url, [Symbol.asyncDispose]: () => shop.close() };
  await mutation.before?.(own);
  const asked: Record<string, string> = mutation.fault ? { 'x-waymark-fault': mutation.fault } : {};
  const placing: Promise<Answer | undefined> = demo.place('field-notebook', 1, undefined, asked).catch(() => undefined);
  await mutation.meanwhile?.(own);
  const answer = await placing;
  await mutation.after?.(own, answer);
  return await look();
}

/** Copies the sources of the shop. The copy uses the dependencies of this workspace. */
async function copyOfShop(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'sabotage-'));
  for (const folder of ['packages', 'services'])
    await cp(join(ROOT, folder), join(root, folder), { recursive: true, verbatimSymlinks: true });
  await cp(join(ROOT, 'package.json'), join(root, 'package.json'));
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return root;
}

async function apply(root: string, [file, from, to]: readonly [string, string, string]): Promise<void> {
  const path = join(root, file);
  const source = from === '' ? await readFile(path, 'utf8').catch(() => '') : await readFile(path, 'utf8');
  if (!source.includes(from)) throw new Error(`${file} does not contain ${JSON.stringify(from)}. Adapt the mutation to the source.`);
  await writeFile(path, from === '' ? to + source : source.replace(from, () => to));
}
