// The names of Waymark's own attributes. All other attributes are those of OpenTelemetry's semantic conventions.

/** Which attempt at a job a CONSUMER span is, counted from 1, and how many there may be. */
export const JOB_ATTEMPT = 'waymark.job.attempt';
export const JOB_MAX_ATTEMPTS = 'waymark.job.max_attempts';

/** On PRODUCER and CONSUMER: `link` where the consumer begins a trace of its own; without it, it joins the producer's. */
export const TRACE_MODE = 'waymark.job.trace_mode';

/** On a request's SERVER span: the stable code of the problem that it was answered with, also where the span has no error (4xx). */
export const PROBLEM_CODE = 'waymark.problem.code';

/** How many items a batch has. */
export const BATCH_ITEMS = 'waymark.batch.items';

/** On a span that a fault was injected into: the names of the faults, separated by commas (docs/faults.md). */
export const FAULT = 'waymark.fault';

/** Baggage, and so also an attribute of SERVER and CONSUMER spans: the faults that a request asked for by its header. */
export const REQUESTED_FAULTS = 'waymark.requested_faults';

// The manifest: how a trace says what belongs to it (docs/manifest.md).

/** On a segment's root: how many spans the segment has, itself included. */
export const SEGMENT_SPANS = 'waymark.segment.spans';

/** On any span of a segment: how many spans of the segment had been lost when it ended, because the export queue was full. */
export const SEGMENT_LOST = 'waymark.segment.lost';

/** On a segment's root: the span ids of the detached tasks that were begun in it. Each is the root of a segment of its own. */
export const SEGMENT_DETACHED = 'waymark.segment.detached';

/**
 * On a segment's root: true if it may have been called from outside, so that its parent need not be in the trace; false if it begins a
 * trace, although every caller of the service is traced.
 */
export const ENTRY = 'waymark.entry';

/** On a CLIENT span, or one that waits for a worker thread: the id of the span that answered it. */
export const PEER_SPAN = 'waymark.peer.span';

/** On a CLIENT span whose answer came from another trace, by its `traceresponse`: the id of that trace. The context was lost on the way. */
export const PEER_TRACE = 'waymark.peer.trace';

/** On a CLIENT span whose answer came from this trace, and says that it was not recorded: the server's sampler left it out. */
export const PEER_UNSAMPLED = 'waymark.peer.unsampled';

/** On a CLIENT span: the name of the service that is called, where the caller knows that it is traced. */
export const PEER_SERVICE = 'waymark.peer.service';

/** On such a span that was sent and got no answer: nobody knows whether anyone worked on it. */
export const PEER_UNKNOWN = 'waymark.peer.unknown';

/** On a CONSUMER span that failed: when the next attempt is due (RFC 3339). */
export const NEXT_ATTEMPT_AT = 'waymark.job.next_attempt_at';

/** On a CONSUMER span that failed: the attempt that follows, or that the message becomes a dead letter. */
export const NEXT_ATTEMPT = 'waymark.job.next_attempt';
export const DEAD_LETTER = 'waymark.job.dead_letter';

// What a trace store says about the spans that it keeps.

/** The attribute in which a trace store lists the attributes whose values it truncated. */
export const TRUNCATED = 'waymark.truncated';

/** The attribute on a trace's first span in which a trace store says how many spans of the trace it dropped. */
export const DROPPED_SPANS = 'waymark.trace.dropped_spans';
