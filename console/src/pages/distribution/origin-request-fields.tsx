// How an origin is asked: what it is sent beside the viewer's request, and for how long it is waited. Folded up, since the defaults are
// right for most.

import { useEffect, useRef, useState } from "preact/hooks";
import { Field } from "../../parts/field.tsx";
import { listed, type Origin, type OriginHeader } from "./config.ts";
import type { FieldName } from "./field-errors.ts";

export function OriginRequestFields({
  origin,
  set,
  error,
}: {
  origin: Origin;
  set: (origin: Origin) => void;
  error: (field: FieldName) => string | undefined;
}) {
  const { Id, CustomOriginConfig, CustomHeaders, ConnectionAttempts = 3, ConnectionTimeout = 10 } = origin;
  const headers = CustomHeaders?.Items ?? [];
  const aboutTimes = error("originTimes");
  // It says of which origin.
  const wrongTimes = aboutTimes?.includes(JSON.stringify(Id)) === true ? aboutTimes : undefined;
  const wrongHeaders = error("originHeaders");
  return (
    <details open={headers.length > 0 || wrongTimes !== undefined || wrongHeaders !== undefined}>
      <summary>
        Requests to it<span class="hidden">: {Id}</span>
      </summary>
      <div class="columns">
        <Field label="Headers sent to it" hint="In each line one, as X-From: the edge" error={wrongHeaders}>
          <HeaderLines headers={headers} set={(next) => set({ ...origin, CustomHeaders: listed(next) })} />
        </Field>
        <Count
          label="Attempts to connect"
          count={ConnectionAttempts}
          set={(count) => set({ ...origin, ConnectionAttempts: count })}
          error={wrongTimes}
        />
        <Count
          label="Seconds for each"
          count={ConnectionTimeout}
          set={(count) => set({ ...origin, ConnectionTimeout: count })}
        />
        {CustomOriginConfig === undefined ? null : (
          <>
            <Count
              label="Seconds until it answers"
              count={CustomOriginConfig.OriginReadTimeout ?? 30}
              set={(count) =>
                set({ ...origin, CustomOriginConfig: { ...CustomOriginConfig, OriginReadTimeout: count } })
              }
            />
            <Count
              label="Idle connections kept, seconds"
              count={CustomOriginConfig.OriginKeepaliveTimeout ?? 5}
              set={(count) =>
                set({ ...origin, CustomOriginConfig: { ...CustomOriginConfig, OriginKeepaliveTimeout: count } })
              }
            />
          </>
        )}
      </div>
    </details>
  );
}

function Count({
  label,
  count,
  set,
  error,
}: {
  label: string;
  count: number;
  set: (count: number) => void;
  error?: string | undefined;
}) {
  return (
    <Field label={label} error={error}>
      <input
        type="number"
        required
        min={1}
        value={count}
        onInput={(event) => set(event.currentTarget.valueAsNumber || 0)}
      />
    </Field>
  );
}

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line.trim() !== "");

/** A line without a colon, which is no header yet, counts as a name. */
function readHeaders(text: string): readonly OriginHeader[] {
  return linesOf(text).map((line) => {
    const colon = line.indexOf(":");
    if (colon < 0) return { HeaderName: line.trim(), HeaderValue: "" };
    return { HeaderName: line.slice(0, colon).trim(), HeaderValue: line.slice(colon + 1).trim() };
  });
}

function formatHeaders(headers: readonly OriginHeader[]): string {
  return headers.map(({ HeaderName, HeaderValue }) => `${HeaderName}: ${HeaderValue}`).join("\n");
}

/** What is written stays as it is written while it means the same, and is not saved while a line is no header. */
function HeaderLines({
  headers,
  set,
  ...given
}: {
  headers: readonly OriginHeader[];
  set: (headers: readonly OriginHeader[]) => void;
}) {
  const [text, setText] = useState(formatHeaders(headers));
  const meant = formatHeaders(headers);
  const shown = formatHeaders(readHeaders(text)) === meant ? text : meant;
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const isWhole = linesOf(shown).every((line) => line.indexOf(":") > 0);
    area.current?.setCustomValidity(isWhole ? "" : "In each line there is a name, a colon and a value.");
  }, [shown]);
  return (
    <textarea
      {...given}
      ref={area}
      class="mono"
      rows={3}
      spellcheck={false}
      autocapitalize="none"
      value={shown}
      onInput={(event) => {
        setText(event.currentTarget.value);
        set(readHeaders(event.currentTarget.value));
      }}
    />
  );
}
