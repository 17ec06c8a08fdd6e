// Every metric, a row each: name, type, what it says, and where its samples come from. docs/metrics.md and the dashboard are held
// against what is made here. A metric is counted elsewhere; here it is named. Units are Prometheus's: seconds, bytes. [PROM practices-naming]

import {
  DURATION_BOUNDS_MS,
  readTraffic,
  RESULT_TYPES,
  STATUS_CLASSES,
  type DurationCounts,
  type TrafficCounts,
} from "../../edge/record/traffic.ts";
import { secondsBetween, type EpochMs } from "../../vocabulary/time.ts";
import type { LogDeliveryState } from "../deliver-logs.ts";
import { LOOP_DELAY_BOUNDS_MS, workerName, type ProcessFigures } from "../process-figures.ts";
import type { ServiceState, WorkerState } from "../process-messages.ts";
import { COUNTERS } from "./counter-rows.ts";
import { histogramSamples, type MetricFamily, type MetricType, type Sample } from "./exposition.ts";
import type { ToldTraffic } from "./folded-distributions.ts";

/** How far the feed of changes is, and how much of it each worker has in force. */
export interface ConfigPositions {
  readonly latest: number;
  readonly workers: readonly { readonly slot: number; readonly inForce: number | undefined }[];
}

/** What was answered at the API's port, by service and first digit of the status: `["cloudfront", "2xx"]`. */
export type ApiAnswers = readonly (readonly [service: string, status: string, count: number])[];

export interface MetricsSource {
  readonly state: ServiceState;
  readonly traffic: ToldTraffic;
  readonly config: ConfigPositions;
  readonly api: ProcessFigures;
  readonly apiAnswers: ApiAnswers;
  /** Lines of the audit log that could not be written. */
  readonly auditLinesLost: number;
  /** `undefined`: the delivery has not begun yet. */
  readonly logs: LogDeliveryState | undefined;
  readonly now: EpochMs;
  readonly version: string;
}

interface Row {
  readonly type: MetricType;
  readonly help: string;
  readonly samples: (source: MetricsSource) => readonly Sample[];
}

/** Per distribution, from one row of what was counted. */
function perDistribution(samples: (counts: TrafficCounts, distribution: string) => readonly Sample[]): Row["samples"] {
  return ({ traffic }) => traffic.rows.flatMap(([distribution, row]) => samples(readTraffic(row), distribution));
}

/** Durations are counted in two classes for each doubling; one is enough to be told. */
const isDoubling = (boundSeconds: number): boolean => Number.isInteger(Math.log2(Math.round(boundSeconds * 1000)));

function durations({ counts, sumMs }: DurationCounts, distribution: string): readonly Sample[] {
  const bounds = DURATION_BOUNDS_MS.map((bound) => bound / 1000);
  return histogramSamples({ bounds, counts, sum: sumMs / 1000 }, { distribution }, isDoubling);
}

/** Of each process that has said something of itself. Of two in a slot the one that takes new viewers. */
function perProcess(
  samples: (figures: ProcessFigures, labels: { readonly process: string }) => readonly Sample[],
): Row["samples"] {
  return ({ state, api }) => {
    const named: (readonly [string, ProcessFigures])[] = [["api", api]];
    if (state.supervisor !== undefined) named.push(["supervisor", state.supervisor]);
    for (const { slot, figures } of presentWorkers(state))
      if (figures !== undefined) named.push([workerName(slot), figures]);
    return named.flatMap(([process, figures]) => samples(figures, { process }));
  };
}

function presentWorkers({ workers, slots }: ServiceState): readonly WorkerState[] {
  const order = ["listening", "starting", "leaving"] as const;
  const best = order.flatMap((wanted) => workers.filter(({ state }) => state === wanted));
  return Array.from({ length: slots }, (_, slot) => best.find((worker) => worker.slot === slot)).filter(
    (worker) => worker !== undefined,
  );
}

const one =
  (read: (source: MetricsSource) => number): Row["samples"] =>
  (source) => [{ value: read(source) }];

const ROWS: Readonly<Record<string, Row>> = {
  requests_total: {
    type: "counter",
    help: "Requests that were answered, by result: x-edge-result-type of the standard access log.",
    samples: perDistribution(({ results }, distribution) =>
      RESULT_TYPES.map((result) => ({ labels: { distribution, result }, value: results[result] })),
    ),
  },
  responses_total: {
    type: "counter",
    help: "Requests that were answered, by the class of the status; 0xx: the viewer left before there was one.",
    samples: perDistribution(({ statuses }, distribution) =>
      STATUS_CLASSES.map((status) => ({ labels: { distribution, status }, value: statuses[status] })),
    ),
  },
  request_bytes_total: {
    type: "counter",
    help: "Bytes that viewers sent, with the heads of requests.",
    samples: perDistribution(({ bytesIn }, distribution) => [{ labels: { distribution }, value: bytesIn }]),
  },
  response_bytes_total: {
    type: "counter",
    help: "Bytes that viewers were sent, with the heads of answers.",
    samples: perDistribution(({ bytesOut }, distribution) => [{ labels: { distribution }, value: bytesOut }]),
  },
  responses_incomplete_total: {
    type: "counter",
    help: "Answers that did not reach their viewer whole.",
    samples: perDistribution(({ brokenOff }, distribution) => [{ labels: { distribution }, value: brokenOff }]),
  },
  request_duration_seconds: {
    type: "histogram",
    help: "From the head of a request to the last byte of its answer.",
    samples: perDistribution((counts, distribution) => durations(counts.durations, distribution)),
  },
  origin_requests_total: {
    type: "counter",
    help: "Times that an origin was asked.",
    samples: perDistribution(({ origin }, distribution) => [{ labels: { distribution }, value: origin.requests }]),
  },
  origin_failures_total: {
    type: "counter",
    help: "Times that an origin was asked and gave no answer that could be used.",
    samples: perDistribution(({ origin }, distribution) => [{ labels: { distribution }, value: origin.failures }]),
  },
  origin_duration_seconds: {
    type: "histogram",
    help: "From asking an origin to the head of its answer, or to its failure.",
    samples: perDistribution(({ origin }, distribution) => durations(origin, distribution)),
  },
  distributions_folded: {
    type: "gauge",
    help: 'Distributions that are told together as distribution="other", because there are more than --metrics-distributions-max.',
    samples: one(({ traffic }) => traffic.folded),
  },
  ...Object.fromEntries(
    Object.entries(COUNTERS).flatMap(([counter, row]): [string, Row][] => {
      if (row === undefined) return [];
      const [name, type, help] = row;
      return [
        [
          name,
          { type, help, samples: one(({ state }) => state.counts.counters[counter as keyof typeof COUNTERS] ?? 0) },
        ],
      ];
    }),
  ),
  config_revision: {
    type: "gauge",
    help: "Number of the newest change of configuration.",
    samples: one(({ config }) => config.latest),
  },
  config_revision_in_force: {
    type: "gauge",
    help: "Number of the change up to which an edge worker has all in force.",
    samples: ({ config }) =>
      config.workers.map(({ slot, inForce = 0 }) => ({ labels: { process: workerName(slot) }, value: inForce })),
  },
  config_lag_changes: {
    type: "gauge",
    help: "Changes of configuration that an edge worker does not have in force yet.",
    samples: ({ config: { latest, workers } }) =>
      workers.map(({ slot, inForce = 0 }) => ({
        labels: { process: workerName(slot) },
        value: Math.max(0, latest - inForce),
      })),
  },
  workers: {
    type: "gauge",
    help: "Processes of edge workers by state; leaving: replaced, and finishing what they have.",
    samples: ({ state: { workers } }) =>
      (["listening", "starting", "leaving"] as const).map((state) => ({
        labels: { state },
        value: workers.filter((worker) => worker.state === state).length,
      })),
  },
  workers_wanted: {
    type: "gauge",
    help: "Edge workers that there are to be.",
    samples: one(({ state }) => state.slots),
  },
  process_deaths_total: {
    type: "counter",
    help: "Times that a process died which was to go on.",
    samples: ({ state }) => Object.entries(state.deaths).map(([process, value]) => ({ labels: { process }, value })),
  },
  process_start_time_seconds: {
    type: "gauge",
    help: "When a process began, in seconds since 1970.",
    samples: perProcess(({ startedAtMs }, labels) => [{ labels, value: startedAtMs / 1000 }]),
  },
  process_resident_memory_bytes: {
    type: "gauge",
    help: "Memory that a process has in RAM.",
    samples: perProcess(({ residentBytes }, labels) => [{ labels, value: residentBytes }]),
  },
  process_heap_bytes: {
    type: "gauge",
    help: "Memory in use on a process's JavaScript heap.",
    samples: perProcess(({ heapBytes }, labels) => [{ labels, value: heapBytes }]),
  },
  process_external_memory_bytes: {
    type: "gauge",
    help: "Memory of a process in buffers outside of its heap, such as responses stored in memory.",
    samples: perProcess(({ externalBytes }, labels) => [{ labels, value: externalBytes }]),
  },
  process_cpu_seconds_total: {
    type: "counter",
    help: "Processor time that a process has used since it began.",
    samples: perProcess(({ processorSeconds }, labels) => [{ labels, value: processorSeconds }]),
  },
  event_loop_delay_seconds: {
    type: "histogram",
    help: "How late a process came to what was due, sampled ten times a second.",
    samples: perProcess(({ loopDelays: { counts, sumMs } }, labels) => {
      const bounds = LOOP_DELAY_BOUNDS_MS.map((bound) => bound / 1000);
      return histogramSamples({ bounds, counts, sum: sumMs / 1000 }, labels);
    }),
  },
  api_requests_total: {
    type: "counter",
    help: "Requests answered at the API's port since the api process began, by service and class of the status.",
    samples: ({ apiAnswers }) => apiAnswers.map(([service, status, value]) => ({ labels: { service, status }, value })),
  },
  audit_lines_lost_total: {
    type: "counter",
    help: "Lines of the audit log that could not be written since the api process began.",
    samples: one(({ auditLinesLost }) => auditLinesLost),
  },
  log_files_delivered_total: {
    type: "counter",
    help: "Files of access logs that log buckets have taken since the api process began.",
    samples: one(({ logs }) => logs?.delivered.files ?? 0),
  },
  log_lines_delivered_total: {
    type: "counter",
    help: "Lines in the files of access logs that log buckets have taken since the api process began.",
    samples: one(({ logs }) => logs?.delivered.lines ?? 0),
  },
  log_bytes_delivered_total: {
    type: "counter",
    help: "Bytes of the files of access logs, compressed, that log buckets have taken since the api process began.",
    samples: one(({ logs }) => logs?.delivered.bytes ?? 0),
  },
  log_puts_refused_total: {
    type: "counter",
    help: "Times since the api process began that a log bucket did not take a file, which is tried again.",
    samples: one(({ logs }) => logs?.refusals ?? 0),
  },
  log_files_lost_total: {
    type: "counter",
    help: "Files of access logs given up since the api process began, because no bucket took them and --access-log-spool-bytes-max allows no more.",
    samples: one(({ logs }) => logs?.lost.files ?? 0),
  },
  log_file_lines_lost_total: {
    type: "counter",
    help: "Lines in the files of access logs that were given up since the api process began, and lines that the disk gave back wrong.",
    samples: one(({ logs }) => logs?.lost.lines ?? 0),
  },
  log_bytes_waiting: {
    type: "gauge",
    help: "Bytes of access logs on the disk on their way to log buckets; spool: lines that workers have left, outbox: compressed files.",
    samples: ({ logs }) => [
      { labels: { place: "spool" }, value: logs?.spooledBytes ?? 0 },
      { labels: { place: "outbox" }, value: logs?.waiting.bytes ?? 0 },
    ],
  },
  log_files_waiting: {
    type: "gauge",
    help: "Files of access logs that wait for their buckets.",
    samples: one(({ logs }) => logs?.waiting.files ?? 0),
  },
  log_targets_refused: {
    type: "gauge",
    help: "Distributions' logs that wait because their bucket does not take them.",
    samples: one(({ logs }) => logs?.refused.length ?? 0),
  },
  log_oldest_seconds: {
    type: "gauge",
    help: "How long the oldest part of an access log has waited on the disk; 0 where none waits.",
    samples: one(({ logs, now }) =>
      logs?.oldestAt === undefined ? 0 : Math.max(0, secondsBetween(logs.oldestAt, now)),
    ),
  },
  build_info: {
    type: "gauge",
    help: "1, with the versions of Warmfront and Node.js as labels.",
    samples: ({ version }) => [{ labels: { version, node: process.versions.node }, value: 1 }],
  },
};

const PREFIX = "warmfront_";

/** Every metric there is. */
export const METRICS: readonly Pick<MetricFamily, "name" | "type" | "help">[] = Object.entries(ROWS).map(
  ([name, { type, help }]) => ({ name: PREFIX + name, type, help }),
);

/** The same, with what there is of each now. */
export function metricFamilies(source: MetricsSource): readonly MetricFamily[] {
  return Object.entries(ROWS).map(([name, { type, help, samples }]) => ({
    name: PREFIX + name,
    type,
    help,
    samples: samples(source),
  }));
}
