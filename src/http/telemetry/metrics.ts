/**
 * Metrics for Prometheus, in its text format 0.0.4. Every label takes its values from a set that requests cannot
 * enlarge: route templates, known methods, statuses, served models, kinds and final states of jobs.
 *
 * Source of the names and bounds: OpenTelemetry's HTTP server metrics, as Prometheus writes them. Their first bound is
 * 5 ms, far above most scores, so finer bounds come before it.
 *
 * Drift shows in the p-values: rows like those trained on have uniform ones, so a bucket's share is its bound.
 */
import type { QueueStats } from "../../storage/job_queue.ts";
import { header, Histogram, sample } from "./exposition.ts";

/** Upper bounds, in seconds. */
const SECONDS = [
  ...[0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025],
  ...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
];

const P_VALUES = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1];

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

/** Replaces every other method. */
export const OTHER_METHOD = "_OTHER";

/** The method, or OTHER_METHOD, so that requests cannot add labels. */
export function knownMethod(method: string): string {
  return METHODS.includes(method) ? method : OTHER_METHOD;
}

/** The most models with a label of their own; all others share one. */
const MAX_MODELS = 200;

/** Counts and times since the app started. */
export class Metrics {
  readonly #durations = { http: new Tree<Histogram>(), https: new Tree<Histogram>() };
  readonly #rows = new Tree<Count>();
  readonly #verdicts = new Tree<Verdicts>();
  readonly #models = new Set<string>();
  inFlight = 0;

  /** Records an answered request. @param method a known method @param route its template, not its path */
  request(url: string, method: string, route: string, status: number, seconds: number): void {
    const durations = url.startsWith("https:") ? this.#durations.https : this.#durations.http;
    const histogram = durations.at(route, method, status) ??
      durations.set(route, method, status, new Histogram(SECONDS));
    histogram.add(seconds);
  }

  /** Records rows that a model answered. */
  rows(model: string, verb: string, count: number): void {
    const label = this.#label(model);
    const rows = this.#rows.at(label, verb) ?? this.#rows.set(label, verb, "", { count: 0 });
    rows.count += count;
  }

  /** Where the verdicts on a detector's rows are recorded. */
  verdicts(model: string): Verdicts {
    const label = this.#label(model);
    return this.#verdicts.at(label) ?? this.#verdicts.set(label, "", "", new Verdicts());
  }

  /**
   * @param models the models served now, unless the store does not say
   * @param jobs unless there is no queue, or it does not say
   */
  text(models?: readonly ServedNow[], jobs?: QueueStats): string {
    return [
      ...this.#requestLines(),
      ...this.#rowLines(),
      ...(models ? modelLines(models) : []),
      ...(jobs ? jobLines(jobs) : []),
      "",
    ].join("\n");
  }

  #requestLines(): string[] {
    const name = "http_server_request_duration_seconds";
    return [
      ...header(name, "histogram", "Time to the head of an answer."),
      ...Object.entries(this.#durations).flatMap(([scheme, durations]) =>
        durations.lines(([route, method, status], histogram) =>
          histogram.lines(name, {
            http_request_method: `${method}`,
            http_route: `${route}`,
            http_response_status_code: `${status}`,
            url_scheme: scheme,
            // By convention the error type is the status, and only for faults of the server.
            ...(Number(status) >= 500 && { error_type: `${status}` }),
          })
        )
      ),
      ...header("elbow_requests_in_flight", "gauge", "Requests being answered."),
      sample("elbow_requests_in_flight", {}, this.inFlight),
    ];
  }

  #rowLines(): string[] {
    return [
      ...header("elbow_rows_total", "counter", "Rows answered."),
      ...this.#rows.lines(([model, verb], { count }) => [
        sample("elbow_rows_total", { model: `${model}`, verb: `${verb}` }, count),
      ]),
      ...header("elbow_anomalies_total", "counter", "Rows flagged."),
      ...this.#verdicts.lines(([model], { anomalies }) => [
        sample("elbow_anomalies_total", { model: `${model}` }, anomalies),
      ]),
      ...header(
        "elbow_p_value",
        "histogram",
        "P-values of scored rows, uniform while rows are like those trained on.",
      ),
      ...this.#verdicts.lines(([model], { pValues }) =>
        pValues.lines("elbow_p_value", { model: `${model}` })
      ),
    ];
  }

  #label(model: string): string {
    if (this.#models.has(model)) return model;
    if (this.#models.size >= MAX_MODELS) return "_OTHER";
    this.#models.add(model);
    return model;
  }
}

/** What was found of a detector's rows. */
class Verdicts {
  readonly pValues = new Histogram(P_VALUES);
  anomalies = 0;

  add(pValue: number, isAnomaly: boolean): void {
    this.pValues.add(pValue);
    if (isAnomaly) this.anomalies++;
  }
}

/** A model in the catalogue. */
interface ServedNow {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
}

interface Count {
  count: number;
}

type Label = string | number;

/** Values by up to three labels, nested: joining the labels to one key would cost as much as everything else. */
class Tree<Value> {
  readonly #values = new Map<Label, Map<Label, Map<Label, Value>>>();

  at(first: Label, second: Label = "", third: Label = ""): Value | undefined {
    return this.#values.get(first)?.get(second)?.get(third);
  }

  set(first: Label, second: Label, third: Label, value: Value): Value {
    branch(branch(this.#values, first), second).set(third, value);
    return value;
  }

  lines(write: (labels: readonly Label[], value: Value) => readonly string[]): string[] {
    const lines: string[] = [];
    for (const [first, seconds] of this.#values) {
      for (const [second, thirds] of seconds) {
        for (const [third, value] of thirds) lines.push(...write([first, second, third], value));
      }
    }
    return lines;
  }
}

function branch<Value>(tree: Map<Label, Map<Label, Value>>, label: Label): Map<Label, Value> {
  const found = tree.get(label) ?? new Map<Label, Value>();
  tree.set(label, found);
  return found;
}

function modelLines(models: readonly ServedNow[]): string[] {
  return [
    ...header("elbow_models", "gauge", "Models served."),
    sample("elbow_models", {}, models.length),
    ...header("elbow_model_info", "gauge", "The version of each model that is served."),
    ...models.slice(0, MAX_MODELS).map(({ name, version, digest }) =>
      sample("elbow_model_info", { model: name, version: `${version}`, digest }, 1)
    ),
  ];
}

/** Counts that the queue itself keeps, so that all servers of one queue report the same. */
function jobLines({ queued, running, finished }: QueueStats): string[] {
  const counts = finished.map(({ kind, state, count, seconds }) => ({
    labels: { kind, state },
    count,
    seconds,
  }));
  return [
    ...header("elbow_jobs", "gauge", "Jobs that have not ended."),
    sample("elbow_jobs", { state: "queued" }, queued),
    sample("elbow_jobs", { state: "running" }, running),
    ...header("elbow_job_duration_seconds", "summary", "From a job's first claim to its end."),
    ...counts.flatMap(({ labels, count, seconds }) => [
      sample("elbow_job_duration_seconds_sum", labels, seconds),
      sample("elbow_job_duration_seconds_count", labels, count),
    ]),
  ];
}
