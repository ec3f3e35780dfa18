export { REQUESTED_FAULTS } from '@waymark/semantic-conventions';
export { readFaults, type Effect, type Fault, type Place } from './fault.ts';
export { Faults, type Hit } from './faults.ts';
export { inWords } from './in-words.ts';
export { markNext } from './faulty-spans.ts';
