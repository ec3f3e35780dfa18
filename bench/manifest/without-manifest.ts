// Preloaded into the control: turns off counting spans and changes nothing else. The package has no option for this, so the methods are replaced.
import { SegmentManifest } from '@waymark/tracing';

SegmentManifest.prototype.onStart = () => undefined;
Reflect.deleteProperty(SegmentManifest.prototype, 'onEnding');
