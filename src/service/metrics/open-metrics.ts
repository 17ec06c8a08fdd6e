// What the control process tells of the whole service at its port: metrics for Prometheus, and whether viewers can be served. It asks the
// supervisor for what the workers have counted, and adds what it knows itself. Scrapes that come together share one answer.

import packageFile from "../../../package.json" with { type: "json" };
import type { Clock } from "../../vocabulary/time.ts";
import type { LogDeliveryState } from "../deliver-logs.ts";
import type { AskService, ForControl } from "../process-messages.ts";
import { openProcessWatch } from "../process-figures.ts";
import { openServiceQuestions } from "./ask-service.ts";
import { formatFamilies } from "./exposition.ts";
import { metricFamilies, type ApiAnswers, type ConfigPositions } from "./families.ts";
import { openDistributionFold } from "./folded-distributions.ts";

/** The supervisor answers between two turns of its loop; later it hangs. */
const ANSWER_WITHIN_MS = 2000;

/** Whose a request at the API's port was: the management API's, the bucket store's, or for one of our own paths. */
export type AnsweredBy = "api" | "buckets" | "own";

export type Readiness =
  | { readonly kind: "ready"; readonly listening: number; readonly wanted: number }
  | { readonly kind: "not-ready"; readonly why: string };

export interface Metrics {
  countAnswer(by: AnsweredBy, status: number): void;
  hear(message: Extract<ForControl, { readonly kind: "service-state" }>): void;
  /** The text of all metrics. `undefined`: the supervisor does not answer. Rejects when the store does not. */
  read(): Promise<string | undefined>;
  /** Whether viewers are served and the store answers. Never rejects. */
  readiness(): Promise<Readiness>;
}

export interface MetricsSurroundings {
  readonly distributionsMax: number;
  readonly tell: (message: AskService) => void;
  /** Rejects when the store does not answer. */
  readonly latestChange: () => Promise<number>;
  readonly workerPositions: () => ConfigPositions["workers"];
  readonly auditLinesLost: () => number;
  /** `undefined`: it has not begun yet. */
  readonly logDelivery: () => LogDeliveryState | undefined;
  readonly clock: Clock;
}

export function openMetrics(surroundings: MetricsSurroundings): Metrics {
  const { latestChange, workerPositions, auditLinesLost } = surroundings;
  const service = openServiceQuestions(surroundings.tell, ANSWER_WITHIN_MS);
  const fold = openDistributionFold(surroundings.distributionsMax);
  const watch = openProcessWatch();
  const answers = new Map<AnsweredBy, number[]>();
  let reading: Promise<string | undefined> | undefined;

  function apiAnswers(): ApiAnswers {
    return [...answers].flatMap(([by, counts]) =>
      counts.map((count, digit) => [by, `${digit}xx`, count] as const).filter(([, , count]) => count > 0),
    );
  }

  async function readNow(): Promise<string | undefined> {
    const state = await service.ask();
    if (state === undefined) return undefined;
    // Behind the positions, so that no worker is ahead of the newest change.
    const workers = workerPositions();
    const latest = await latestChange();
    const families = metricFamilies({
      state,
      traffic: fold(state.counts.traffic),
      config: { latest, workers },
      api: watch.read(),
      apiAnswers: apiAnswers(),
      auditLinesLost: auditLinesLost(),
      logs: surroundings.logDelivery(),
      now: surroundings.clock.now(),
      version: packageFile.version,
    });
    return formatFamilies(families);
  }

  return {
    countAnswer(by, status) {
      let counts = answers.get(by);
      if (counts === undefined) answers.set(by, (counts = [0, 0, 0, 0, 0, 0]));
      const digit = Math.min(5, Math.trunc(status / 100));
      counts[digit] = (counts[digit] ?? 0) + 1;
    },
    hear: ({ question, state }) => service.hear(question, state),
    read() {
      reading ??= readNow().finally(() => (reading = undefined));
      return reading;
    },
    async readiness() {
      const state = await service.ask();
      if (state === undefined) return { kind: "not-ready", why: "the supervisor does not answer" };
      const listening = state.workers.filter((worker) => worker.state === "listening").length;
      if (listening === 0) return { kind: "not-ready", why: "no edge worker is listening" };
      try {
        await latestChange();
      } catch {
        return { kind: "not-ready", why: "the store does not answer" };
      }
      return { kind: "ready", listening, wanted: state.slots };
    },
  };
}
