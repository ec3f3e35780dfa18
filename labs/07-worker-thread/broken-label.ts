import { parentPort, type MessagePort } from 'node:worker_threads';
import { span } from '@waymark/tracing';

parentPort?.on('message', ({ order, port }: { order: string; port: MessagePort }) => {
  void span('render label', () => `Label of ${order}`).then((label) => port.postMessage(label));
});
