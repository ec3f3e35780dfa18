import { tracedTask } from '@waymark/tracing/pool';

export default tracedTask('render label', ({ order }: { order: string }) => `Label of ${order}`);
