/** A span of Zipkin's API v2. */
export interface ZipkinSpan {
  traceId: string;
  id: string;
  parentId?: string;
  name: string;
  kind?: string;
  timestamp?: number;
  duration?: number;
  localEndpoint?: { serviceName?: string };
  tags?: Record<string, string>;
}

type Check = (value: unknown) => boolean;

const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isText: Check = (value) => typeof value === 'string';
const isInt64: Check = (value) => Number.isSafeInteger(value);
const isRecord: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const hex =
  (format: RegExp): Check =>
  (value) =>
    typeof value === 'string' && format.test(value) && /[^0]/.test(value);

const FIELDS: Record<string, Check> = {
  traceId: hex(/^[0-9a-f]{1,32}$/),
  id: hex(/^[0-9a-f]{1,16}$/),
  parentId: optional((value) => typeof value === 'string' && /^[0-9a-f]{1,16}$/.test(value)),
  name: optional(isText),
  kind: optional((value) => ['CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'].includes(value as string)),
  timestamp: optional(isInt64),
  duration: optional(isInt64),
  localEndpoint: optional(isRecord),
  tags: optional((value) => isRecord(value) && Object.values(value as object).every(isText)),
  annotations: optional(
    (value) =>
      Array.isArray(value) && value.every((one: { timestamp?: unknown; value?: unknown }) => isInt64(one.timestamp) && isText(one.value)),
  ),
};

/** Returns why a Zipkin server would reject a POST to /api/v2/spans, or undefined. One invalid span is enough. */
export function zipkinRefusal(body: unknown): string | undefined {
  if (!Array.isArray(body)) return 'Expected a list of spans';
  for (const span of body as Record<string, unknown>[]) {
    const wrong = Object.keys(FIELDS).find((name) => !FIELDS[name]?.(span[name]));
    if (wrong) return `Malformed reading ${wrong}: ${JSON.stringify(span[wrong])}`;
  }
  return undefined;
}
