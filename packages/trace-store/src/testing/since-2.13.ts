import type { Answered } from './ask.ts';

/**
 * Questions that Jaeger 2.13 answers otherwise, with what 2.20 answers by its source and so does the trace store. Differences that go through
 * many answers are rules of `normalise.ts`.
 */
export const SINCE_2_13: ReadonlyMap<string, Answered> = new Map([
  // A trace id has 16 or 32 hex digits. 2.13 takes fewer, and has other words for what is wrong.
  ...ids('xyz', "encoding/hex: invalid byte: U+0078 'x'"),
  ...ids('123', 'encoding/hex: odd length hex string'),
  ...ids('0', 'encoding/hex: odd length hex string'),
  ...ids('%20', "encoding/hex: invalid byte: U+0020 ' '"),
  ...ids('05f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25', 'encoding/hex: odd length hex string'),
  ...ids('005f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25', 'invalid length for TraceID'),
  ...ids('gf0c9d3a7b1e4c2f8a6d0b9e3c7f1a25', "encoding/hex: invalid byte: U+0067 'g'"),
  ...ids('5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a2g', "encoding/hex: invalid byte: U+0067 'g'"),
  ['/api/traces?traceID=xyz', v1("cannot parse traceID param: encoding/hex: invalid byte: U+0078 'x'")],
  ['/api/traces?traceID=123', v1('cannot parse traceID param: encoding/hex: odd length hex string')],
  [
    '/api/traces?traceID=5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25&traceID=123',
    v1('cannot parse traceID param: encoding/hex: odd length hex string'),
  ],
]);

function ids(id: string, message: string): [question: string, answer: Answered][] {
  return [
    [`/api/traces/${id}`, v1(message)],
    [
      `/api/v3/traces/${id}?raw_traces=true`,
      { status: 400, body: { error: { httpCode: 400, message: `malformed parameter trace_id: ${message}` } } },
    ],
  ];
}

function v1(msg: string): Answered {
  return { status: 400, body: { data: null, total: 0, limit: 0, offset: 0, errors: [{ code: 400, msg }] } };
}
