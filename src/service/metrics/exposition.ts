// Metrics as text for Prometheus: families of samples in, lines out. Pure. What is in them is families.ts's.
// Format: [PROM exposition-formats], text format 0.0.4.

export type MetricType = "counter" | "gauge" | "histogram";

/** `suffix`: what a histogram's parts are told apart by. */
export interface Sample {
  readonly suffix?: "_bucket" | "_sum" | "_count";
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** A family without samples has its two lines all the same, so that every name is known from the first scrape on. */
export function formatFamilies(families: readonly MetricFamily[]): string {
  return families.map(formatFamily).join("");
}

function formatFamily({ name, type, help, samples }: MetricFamily): string {
  let text = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
  for (const { suffix = "", labels, value } of samples) {
    text += `${name}${suffix}${formatLabels(labels)} ${formatValue(value)}\n`;
  }
  return text;
}

function formatLabels(labels: Sample["labels"] = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escapeHelp = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

/** As Go writes it where that differs. */
function formatValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

/** What a histogram was made of: how many fell in each class, not cumulative, with one more class for what is beyond the last bound. */
export interface Classes {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

/** `shown`: which of the bounds are told; all, if it is left out. */
export function histogramSamples(
  { bounds, counts, sum }: Classes,
  labels: Readonly<Record<string, string>>,
  shown: (bound: number) => boolean = () => true,
): readonly Sample[] {
  const samples: Sample[] = [];
  let below = 0;
  bounds.forEach((bound, index) => {
    below += counts[index] ?? 0;
    if (shown(bound)) samples.push({ suffix: "_bucket", labels: { ...labels, le: formatValue(bound) }, value: below });
  });
  const count = below + (counts[bounds.length] ?? 0);
  return [
    ...samples,
    { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count },
    { suffix: "_sum", labels, value: sum },
    { suffix: "_count", labels, value: count },
  ];
}
