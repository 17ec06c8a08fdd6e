// Lines over the last minutes, drawn by uPlot in the theme's colors. The plot is a picture to a screen reader, with a sentence that says what it shows
// now; the figures themselves stand in tables beside it.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export interface PlotLine {
  readonly label: string;
  /** A custom property of the theme: `--good`. */
  readonly color: string;
  /** Dashes tell lines apart where colors do not. */
  readonly dash?: readonly number[];
  readonly fills?: true;
  /** Where values may stand alone, with nothing before and behind them. */
  readonly hasPoints?: true;
}

const HEIGHT = 150;
/** Of values: whole numbers. */
const INCREMENTS = Array.from({ length: 14 }, (_, power) => [1, 2, 5].map((of) => of * 10 ** power)).flat();

/** As the theme has it now. A property alone may still name both themes' colors, which a canvas cannot read. */
function colorOf(property: string): string {
  const { body } = document;
  body.style.outlineColor = `var(${property})`;
  const color = getComputedStyle(body).outlineColor;
  body.style.outlineColor = "";
  return color;
}

export function Plot({
  title,
  now,
  lines,
  times,
  values,
  format,
  max,
  least = 4,
}: {
  title: string;
  /** The newest, in words. */
  now: string;
  lines: readonly PlotLine[];
  /** Seconds since 1970. */
  times: readonly number[];
  /** By line; null where there is nothing. */
  values: readonly (readonly (number | null)[])[];
  format: (value: number) => string;
  /** Of the scale, where it is not the greatest value. */
  max?: number;
  /** What the scale shows at least. */
  least?: number;
}) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  useEffect(() => {
    const { current } = holder;
    if (current === null) return undefined;
    const axis = (values: (value: number) => string, size: number): uPlot.Axis => ({
      stroke: () => colorOf("--ink-soft"),
      grid: { stroke: () => colorOf("--line"), width: 1 },
      ticks: { stroke: () => colorOf("--line"), width: 1, size: 4 },
      values: (_self, splits) => splits.map(values),
      size,
      font: "12px system-ui, sans-serif",
    });
    const made = new uPlot(
      {
        width: Math.max(current.clientWidth, 100),
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: true },
          y: { range: (_self, _least, most) => [0, max ?? Math.max(least, (most ?? 0) * 1.1)] },
        },
        axes: [axis((seconds) => clockTime(seconds), 28), { ...axis(format, 62), incrs: INCREMENTS }],
        series: [
          {},
          ...lines.map(({ label, color, dash, fills, hasPoints }): uPlot.Series => ({
            label,
            stroke: () => colorOf(color),
            width: 2,
            points: { show: hasPoints === true, size: 4, width: 0, fill: () => colorOf(color) },
            spanGaps: false,
            ...(dash !== undefined && { dash: [...dash] }),
            ...(fills === true && { fill: () => colorOf("--accent-soft") }),
          })),
        ],
      },
      [[]],
      current,
    );
    plot.current = made;
    const resizing = new ResizeObserver(() => {
      if (current.clientWidth > 0) made.setSize({ width: current.clientWidth, height: HEIGHT });
    });
    resizing.observe(current);
    return () => {
      resizing.disconnect();
      made.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData([[...times], ...values.map((line) => [...line])]), [times, values]);
  return (
    <figure class="plot card">
      <figcaption>
        <h2>{title}</h2>
        <p class="now">{now}</p>
        {lines.length < 2 ? null : (
          <ul class="plain plot-legend">
            {lines.map(({ label, color, dash }) => (
              <li key={label}>
                <svg width="22" height="8" aria-hidden="true">
                  <line
                    x1="0"
                    y1="4"
                    x2="22"
                    y2="4"
                    stroke={`var(${color})`}
                    stroke-width="2"
                    stroke-dasharray={dash?.join(" ") ?? "none"}
                  />
                </svg>{" "}
                {label}
              </li>
            ))}
          </ul>
        )}
      </figcaption>
      <div ref={holder} role="img" aria-label={`${title} over the last five minutes. ${now}.`} />
    </figure>
  );
}

/** `09:05`, and with seconds where they are not whole minutes. */
function clockTime(seconds: number): string {
  const at = new Date(seconds * 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return at.getSeconds() === 0 ? minutes : `${minutes}:${two(at.getSeconds())}`;
}
