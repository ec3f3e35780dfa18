/** What to search for. Times and durations are in nanoseconds. One span must match all conditions. */
export interface SearchQuery {
  /** Empty for any. */
  readonly service: string;
  /** Empty for any. */
  readonly operation: string;
  readonly startMin: bigint;
  readonly startMax: bigint;
  /** 0 for any. */
  readonly durationMin: bigint;
  /** 0 for any. */
  readonly durationMax: bigint;
  /** Attributes and the special names `error`, `span.kind`, `span.status`, `scope.name`, `scope.version`, `resource.…`. */
  readonly attributes: ReadonlyMap<string, string>;
  /** The largest number of traces. */
  readonly limit: number;
}
