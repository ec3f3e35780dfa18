/** What a version answers at a time, in seconds from its first pod: requests per second, the share of 5xx, and the latency of the slowest 2 %, in seconds. */
export interface Behaviour {
  requests: number;
  errors: number;
  slowest: number;
}

/** The edges of the services' histogram. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 0.8, 1, 2.5, 5, 7.5, 10];
const SCRAPE_SECONDS = 15;

/**
 * The series of `http.server.request.duration` that Prometheus would have scraped from the pods of a version, in OpenMetrics' text format.
 * @param behaviour undefined while the version cannot be scraped
 */
export function recording(hash: string, start: number, seconds: number, behaviour: (second: number) => Behaviour | undefined): string[] {
  const counts = { '200': 0, '500': 0 };
  const buckets = { '200': BOUNDS.map(() => 0), '500': BOUNDS.map(() => 0) };
  const lines: string[] = [];
  for (let second = 0; second <= seconds; second += SCRAPE_SECONDS) {
    const now = behaviour(second);
    if (!now) continue;
    for (const status of ['200', '500'] as const) {
      const share = status === '500' ? now.errors : 1 - now.errors;
      const requests = now.requests * SCRAPE_SECONDS * share;
      counts[status] += requests;
      buckets[status] = buckets[status].map(
        (count, at) => count + requests * ((BOUNDS[at] ?? 0) >= 0.05 ? 0.98 : 0) + requests * ((BOUNDS[at] ?? 0) >= now.slowest ? 0.02 : 0),
      );
      // A status that never occurred has no series.
      if (counts[status] === 0) continue;
      const labels = `namespace="waymark",job="order",rollouts_pod_template_hash="${hash}",http_request_method="POST",http_route="/orders",http_response_status_code="${status}"`;
      const at = start + second;
      lines.push(`http_server_request_duration_seconds_count{${labels}} ${counts[status]} ${at}`);
      for (const [index, count] of [...buckets[status], counts[status]].entries())
        lines.push(`http_server_request_duration_seconds_bucket{${labels},le="${BOUNDS[index] ?? '+Inf'}"} ${count} ${at}`);
    }
  }
  return lines;
}
