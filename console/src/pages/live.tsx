// What is served, as it is served: the last five minutes second by second, and what is asked for and missed most. All workers are summed by the server.

import { useEffect, useMemo, useState } from "preact/hooks";
import { noteQuery } from "../frame/route.ts";
import { openStream, type StreamState } from "../frame/stream.ts";
import type { PageProps } from "../page-props.ts";
import { ChooseDistribution } from "../parts/choose-distribution.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Plot, type PlotLine } from "../parts/plot.tsx";
import { StreamNotice } from "../parts/stream-notice.tsx";
import { Table } from "../parts/table.tsx";

interface Quantiles {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

interface Step {
  readonly at: number;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly results: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly latency: Quantiles;
  readonly origin: { readonly requests: number; readonly failures: number; readonly latency: Quantiles };
}

interface Tops {
  readonly paths: readonly { readonly path: string; readonly count: number }[];
  readonly misses: readonly { readonly cause: string; readonly path: string; readonly count: number }[];
  readonly causes: readonly { readonly cause: string; readonly count: number }[];
  readonly seconds: number;
}

type Piece =
  | { readonly history: { readonly from: number; readonly to: number; readonly steps: readonly Step[] } }
  | { readonly step: Step; readonly minute: Step }
  | { readonly tops: Tops }
  | { readonly edges: readonly number[] }
  | { readonly gone: number };

interface Shown {
  /** By second; those without anything may be absent. */
  readonly steps: ReadonlyMap<number, Step>;
  readonly last: number;
  readonly minute: Step | undefined;
  readonly tops: Tops | undefined;
}

const NOTHING: Shown = { steps: new Map(), last: 0, minute: undefined, tops: undefined };
const SECONDS = 300;
/** Of the table beside the plots. */
const ROWS = 10;

export function Page({ query }: PageProps) {
  const [distribution, setDistribution] = useState(query.get("distribution") ?? "");
  const [shown, setShown] = useState(NOTHING);
  const [state, setState] = useState<StreamState>({ kind: "opening" });
  useEffect(() => {
    setShown(NOTHING);
    const body = distribution === "" ? {} : { distribution };
    return openStream<Piece>("traffic", body, (pieces) => setShown((before) => pieces.reduce(take, before)), setState);
  }, [distribution]);
  const choose = (id: string): void => {
    setDistribution(id);
    noteQuery({ distribution: id });
  };
  return (
    <div class="stack">
      <PageHead title="Live" />
      <div class="toolbar">
        <ChooseDistribution chosen={distribution} choose={choose} />
        <a class="button" href={`/tail${distribution === "" ? "" : `?distribution=${distribution}`}`}>
          See the requests
        </a>
      </div>
      <StreamNotice state={state} />
      {shown.last === 0 ? null : <Figures shown={shown} />}
    </div>
  );
}

function take(before: Shown, piece: Piece): Shown {
  if ("history" in piece) {
    const { to, steps } = piece.history;
    return { ...before, steps: new Map(steps.map((step) => [step.at, step])), last: to };
  }
  if ("step" in piece) {
    const { step, minute } = piece;
    const steps = new Map(before.steps);
    steps.set(step.at, step);
    for (const at of steps.keys()) if (at <= step.at - SECONDS) steps.delete(at);
    return { ...before, steps, last: step.at, minute };
  }
  return "tops" in piece ? { ...before, tops: piece.tops } : before;
}

const hitsOf = ({ results }: Step): number => (results["Hit"] ?? 0) + (results["RefreshHit"] ?? 0);
const hitRatio = (step: Step): number | null => (step.requests === 0 ? null : (hitsOf(step) / step.requests) * 100);

const CLASSES = ["2xx", "3xx", "4xx", "5xx"] as const;
const LINES: Readonly<Record<"one" | "hits" | "classes" | "latency", readonly PlotLine[]>> = {
  one: [{ label: "", color: "--accent", fills: true }],
  hits: [{ label: "", color: "--good", hasPoints: true }],
  classes: [
    { label: "2xx", color: "--good" },
    { label: "3xx", color: "--ink-soft", dash: [8, 4] },
    { label: "4xx", color: "--busy", dash: [4, 3] },
    { label: "5xx", color: "--bad", dash: [2, 2] },
  ],
  latency: [
    { label: "half within", color: "--good", hasPoints: true },
    { label: "90 % within", color: "--busy", dash: [8, 4], hasPoints: true },
    { label: "99 % within", color: "--bad", dash: [2, 2], hasPoints: true },
  ],
};

function Figures({ shown: { steps, last, minute, tops } }: { shown: Shown }) {
  const times = useMemo(() => Array.from({ length: SECONDS }, (_, index) => last - SECONDS + 1 + index), [last]);
  const line = (of: (step: Step) => number | null, nothing: number | null): (number | null)[] =>
    times.map((at) => {
      const step = steps.get(at);
      return step === undefined ? nothing : of(step);
    });
  const values = useMemo(
    () => ({
      requests: [line(({ requests }) => requests, 0)],
      bytes: [line(({ bytesOut }) => bytesOut, 0)],
      hits: [line(hitRatio, null)],
      classes: CLASSES.map((name) => line(({ statuses }) => statuses[name] ?? 0, 0)),
      latency: (["p50", "p90", "p99"] as const).map((name) => line(({ latency }) => latency[name], null)),
    }),
    [times, steps],
  );
  const now = steps.get(last);
  const recent = times
    .slice(-ROWS)
    .toReversed()
    .flatMap((at) => steps.get(at) ?? []);
  return (
    <>
      {minute === undefined ? null : <LastMinute minute={minute} />}
      <div class="plots">
        <Plot
          title="Requests a second"
          now={`Now ${now?.requests ?? 0}`}
          lines={LINES.one}
          times={times}
          values={values.requests}
          format={shortCount}
        />
        <Plot
          title="Hit ratio"
          now={`Now ${percent(now === undefined ? null : hitRatio(now))}`}
          lines={LINES.hits}
          times={times}
          values={values.hits}
          format={(value) => `${value} %`}
          max={100}
        />
        <Plot
          title="Bytes a second, to viewers"
          now={`Now ${bytes(now?.bytesOut ?? 0)}`}
          lines={LINES.one}
          times={times}
          values={values.bytes}
          format={bytes}
          least={1000}
        />
        <Plot
          title="Time to the last byte"
          now={`Now half within ${milliseconds(now?.latency.p50 ?? null)}, 99 % within ${milliseconds(now?.latency.p99 ?? null)}`}
          lines={LINES.latency}
          times={times}
          values={values.latency}
          format={milliseconds}
          least={10}
        />
        <Plot
          title="Answers a second, by status"
          now={`Now ${CLASSES.map((name) => `${name}: ${now?.statuses[name] ?? 0}`).join(", ")}`}
          lines={LINES.classes}
          times={times}
          values={values.classes}
          format={shortCount}
        />
      </div>
      <details class="card">
        <summary>The last seconds in figures</summary>
        {recent.length === 0 ? <p class="hint">Nothing was asked for.</p> : <Seconds steps={recent} />}
      </details>
      <TopTables tops={tops} />
    </>
  );
}

function LastMinute({ minute }: { minute: Step }) {
  const { requests, bytesOut, latency, origin, statuses } = minute;
  const rows = [
    ["Requests", String(requests)],
    ["Hit ratio", percent(hitRatio(minute))],
    ["Sent", bytes(bytesOut)],
    ["4xx and 5xx", `${statuses["4xx"] ?? 0} and ${statuses["5xx"] ?? 0}`],
    ["Half within", milliseconds(latency.p50)],
    ["99 % within", milliseconds(latency.p99)],
    ["Origins asked", `${origin.requests}${origin.failures === 0 ? "" : `, ${origin.failures} failed`}`],
    ["Origins: 90 % within", milliseconds(origin.latency.p90)],
  ] as const;
  return (
    <section class="card" aria-label="The last minute">
      <h2>The last minute</h2>
      <dl class="facts minute">
        {rows.map(([what, value]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Seconds({ steps }: { steps: readonly Step[] }) {
  return (
    <Table
      caption="The last seconds"
      rows={steps}
      keyOf={({ at }) => String(at)}
      columns={[
        { heading: "Second", cell: ({ at }) => new Date(at * 1000).toLocaleTimeString() },
        { heading: "Requests", isNumber: true, cell: ({ requests }) => requests },
        { heading: "Hit ratio", isNumber: true, cell: (step) => percent(hitRatio(step)) },
        { heading: "Sent", isNumber: true, cell: ({ bytesOut }) => bytes(bytesOut) },
        { heading: "4xx", isNumber: true, cell: ({ statuses }) => statuses["4xx"] ?? 0 },
        { heading: "5xx", isNumber: true, cell: ({ statuses }) => statuses["5xx"] ?? 0 },
        { heading: "99 % within", isNumber: true, cell: ({ latency }) => milliseconds(latency.p99) },
      ]}
    />
  );
}

function TopTables({ tops }: { tops: Tops | undefined }) {
  const since = tops === undefined ? "since you are here" : `in the last ${tops.seconds} s`;
  return (
    <>
      <h2>Asked for most, {since}</h2>
      {tops === undefined || tops.paths.length === 0 ? (
        <p class="empty">Nothing was asked for since this page is shown.</p>
      ) : (
        <Table
          caption="Paths that are asked for most"
          rows={tops.paths}
          keyOf={({ path }) => path}
          columns={[
            { heading: "Path", cell: ({ path }) => <span class="mono">{path}</span> },
            { heading: "Requests", isNumber: true, cell: ({ count }) => count },
          ]}
        />
      )}
      <h2>Missed most, {since}</h2>
      {tops === undefined || tops.misses.length === 0 ? (
        <p class="empty">No request had to go to an origin since this page is shown.</p>
      ) : (
        <>
          <p>{tops.causes.map(({ cause, count }) => `${CAUSES[cause] ?? cause}: ${count}`).join(" · ")}</p>
          <Table
            caption="Paths that are missed most, with the cause"
            rows={tops.misses}
            keyOf={({ cause, path }) => `${cause} ${path}`}
            columns={[
              { heading: "Path", cell: ({ path }) => <span class="mono">{path}</span> },
              { heading: "Cause", cell: ({ cause }) => CAUSES[cause] ?? cause },
              { heading: "Misses", isNumber: true, cell: ({ count }) => count },
            ]}
          />
        </>
      )}
    </>
  );
}

/** As explain names them. */
const CAUSES: Readonly<Record<string, string>> = {
  "never-seen": "never asked for before",
  "key-differs": "stored under another key",
  expired: "expired",
  "validated-always": "stored to be validated always",
  invalidated: "invalidated",
  discarded: "taken out by an unsafe request",
  forgotten: "forgotten with all else, as by a reset of the clock",
  "under-way": "another viewer's fetch was under way",
  dropped: "not to be kept, said the origin",
  evicted: "went for room",
  "not-stored": "not storable",
  lost: "lost",
  pass: "passes the cache",
};

function percent(value: number | null): string {
  return value === null ? "–" : `${value.toFixed(value >= 99.95 || value === 0 ? 0 : 1)} %`;
}

function milliseconds(value: number | null): string {
  if (value === null) return "–";
  return value >= 1000
    ? `${(value / 1000).toFixed(1)} s`
    : `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ms`;
}

function shortCount(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1e4 ? `${value / 1000} k` : String(Math.round(value * 10) / 10);
}

function bytes(value: number): string {
  const unit = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let left = value;
  while (left >= 1000 && at < unit.length - 1) {
    left /= 1000;
    at++;
  }
  return `${at === 0 ? Math.round(left) : left.toFixed(left >= 100 ? 0 : 1)} ${unit[at] ?? ""}`;
}
