import { span } from '@waymark/tracing';

/** Whether the manifest is on in this process: whether its root spans declare their number of spans. */
export const declares = (): Promise<boolean> =>
  span('root', (root) => 'attributes' in root && 'waymark.segment.spans' in (root.attributes as object));
