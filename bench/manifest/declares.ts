import { span } from '@waymark/tracing';

/** Whether the roots of this process declare how many spans they have: whether the manifest is there. */
export const declares = (): Promise<boolean> =>
  span('root', (root) => 'attributes' in root && 'waymark.segment.spans' in (root.attributes as object));
