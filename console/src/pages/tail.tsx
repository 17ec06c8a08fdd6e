// Requests live, from all workers: a filter that the server holds against them, a bounded list of the newest, and each line's trace behind it.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ask, messageOf } from "../frame/ask.ts";
import { noteQuery } from "../frame/route.ts";
import { openStream, type StreamState } from "../frame/stream.ts";
import type { PageProps } from "../page-props.ts";
import { ChooseDistribution } from "../parts/choose-distribution.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Check, Field } from "../parts/field.tsx";
import { Notice } from "../parts/notice.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Steps, type Step } from "../parts/steps.tsx";
import { StreamNotice } from "../parts/stream-notice.tsx";

interface Line {
  readonly time: string;
  readonly id: string;
  readonly edge: number;
  readonly host: string;
  readonly scheme: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  readonly result: string;
  readonly detail: string;
  readonly behavior: string;
  readonly ms: number;
  readonly firstByteMs: number;
  readonly bytes: number;
  readonly type: string;
  readonly address: string;
  readonly agent: string;
  readonly referer: string;
  readonly protocol: string;
  readonly tls: string;
}

type Piece =
  | { readonly line: Line }
  | { readonly lost: number; readonly edge: number }
  | { readonly gone: number }
  | { readonly edges: readonly number[] };

/** The newest first. */
const ROWS_MAX = 300;

interface Watched {
  readonly where: string;
  readonly distribution: string;
  readonly traces: boolean;
}

interface Shown {
  readonly lines: readonly Line[];
  readonly lost: number;
  readonly edges: readonly number[];
}

const NOTHING: Shown = { lines: [], lost: 0, edges: [] };

export function Page({ query }: PageProps) {
  const [watched, setWatched] = useState<Watched>({
    where: query.get("where") ?? "",
    distribution: query.get("distribution") ?? "",
    traces: query.get("traces") !== "no",
  });
  const [state, setState] = useState<StreamState>({ kind: "opening" });
  const [shown, setShown] = useState(NOTHING);
  /** What came since it was paused; `undefined`: it is not. */
  const [held, setHeld] = useState<Shown>();
  const [opened, setOpened] = useState<Line>();
  const isPaused = useRef(false);

  useEffect(() => {
    const { where, distribution, traces } = watched;
    const body = { where, traces, ...(distribution !== "" && { distribution }) };
    const hear = (pieces: readonly Piece[]): void => {
      if (isPaused.current) setHeld((before) => take(before ?? NOTHING, pieces));
      else setShown((before) => take(before, pieces));
    };
    return openStream<Piece>("tail", body, hear, setState);
  }, [watched]);

  const pause = useCallback(() => {
    isPaused.current = !isPaused.current;
    if (isPaused.current) setHeld(NOTHING);
    else {
      setHeld((since) => {
        if (since !== undefined) setShown((before) => joined(before, since));
        return undefined;
      });
    }
  }, []);
  const clear = useCallback(() => {
    setShown((before) => ({ ...NOTHING, edges: before.edges }));
    setHeld((before) => before && NOTHING);
  }, []);
  useKeys({ p: pause, c: clear });

  const watch = (changes: Partial<Watched>): void => {
    const next = { ...watched, ...changes };
    setWatched(next);
    noteQuery({ where: next.where, distribution: next.distribution, traces: next.traces ? "" : "no" });
  };
  return (
    <div class="stack">
      <PageHead title="Tail">
        <button type="button" onClick={pause} aria-pressed={held !== undefined}>
          {held === undefined ? "Pause" : "Go on"} <kbd>p</kbd>
        </button>
        <button type="button" onClick={clear}>
          Clear <kbd>c</kbd>
        </button>
      </PageHead>
      <section class="card">
        <Filter where={watched.where} set={(where) => watch({ where })} />
        <div class="columns">
          <ChooseDistribution chosen={watched.distribution} choose={(distribution) => watch({ distribution })} />
          <Check
            label="Keep traces"
            hint="So that a line can be opened to what was decided about it; while you are here."
            checked={watched.traces}
            set={(traces) => watch({ traces })}
          />
        </div>
      </section>
      <StreamNotice state={state} />
      <p role="status" class="hint">
        {state.kind === "open" ? describe(shown, held) : ""}
      </p>
      {shown.lines.length === 0 ? (
        state.kind === "refused" ? null : (
          <p class="empty">
            No request has come since you are here{watched.where === "" ? "" : " for which the filter holds"}.
          </p>
        )
      ) : (
        <ol class="plain lines" aria-label="Requests, the newest first">
          {shown.lines.map((line) => (
            <li key={`${line.id}${line.time}`}>
              <Row line={line} open={() => setOpened(line)} />
            </li>
          ))}
        </ol>
      )}
      <Dialog title="Request" isOpen={opened !== undefined} close={() => setOpened(undefined)}>
        {opened === undefined ? null : <Opened line={opened} hasTraces={watched.traces} />}
      </Dialog>
    </div>
  );
}

function take(before: Shown, pieces: readonly Piece[]): Shown {
  const lines = pieces.flatMap((piece) => ("line" in piece ? piece.line : [])).toReversed();
  const lost = pieces.reduce((sum, piece) => sum + ("lost" in piece ? piece.lost : 0), before.lost);
  const edges = pieces.findLast((piece) => "edges" in piece)?.edges ?? before.edges;
  return { lines: [...lines, ...before.lines].slice(0, ROWS_MAX), lost, edges };
}

function joined(before: Shown, since: Shown): Shown {
  return {
    lines: [...since.lines, ...before.lines].slice(0, ROWS_MAX),
    lost: before.lost + since.lost,
    edges: since.edges.length > 0 ? since.edges : before.edges,
  };
}

function describe({ lines, lost, edges }: Shown, held: Shown | undefined): string {
  const workers = edges.length === 0 ? "" : `Edge ${edges.join(", ")} watched. `;
  const count = `${lines.length === ROWS_MAX ? `The newest ${ROWS_MAX}` : lines.length} shown`;
  const missing = lost === 0 ? "" : `; ${lost} more came than can be told`;
  return `${workers}${count}${missing}${held === undefined ? "" : `; paused, ${held.lines.length} since`}.`;
}

/** Keys of this page alone, not while somebody writes. */
function useKeys(keys: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const { target } = event;
      const isWriting = target instanceof HTMLElement && /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
      const isElsewhere = document.querySelector("dialog[open]") !== null || event.defaultPrevented;
      if (isWriting || isElsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
      keys[event.key]?.();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, Object.values(keys));
}

function Filter({ where, set }: { where: string; set: (where: string) => void }) {
  const [text, setText] = useState(where);
  return (
    <form
      class="toolbar level"
      onSubmit={(event) => {
        event.preventDefault();
        set(text.trim());
      }}
    >
      <div class="grow">
        <Field
          label="Filter"
          hint={
            <>
              As in <code>status &gt;= 500 || (result == "Miss" &amp;&amp; ms &gt; 100)</code> or{" "}
              <code>path =~ /\.html$/</code>; Enter applies it.
            </>
          }
        >
          <input
            data-search
            class="mono"
            spellcheck={false}
            autocapitalize="none"
            autocomplete="off"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </Field>
      </div>
      <button type="submit" class="primary">
        Apply
      </button>
    </form>
  );
}

function Row({ line, open }: { line: Line; open: () => void }) {
  const { time, status, result, ms, bytes, method, scheme, host, path, query } = line;
  return (
    <button type="button" onClick={open}>
      <span class="mono">{time.slice(11, 23)}</span>
      <span class={status >= 500 || status === 0 ? "fault" : ""}>{status === 0 ? "000" : status}</span>
      <span>{result}</span>
      <span>{ms} ms</span>
      <span class="size">{bytes} B</span>
      <span class="url mono">
        {method} {scheme}://{host}
        {path}
        {query === "" ? "" : `?${query}`}
      </span>
    </button>
  );
}

interface TracePiece {
  readonly edge: number;
  readonly role: "viewer" | "owner";
  readonly verdict: string;
  readonly cause?: { readonly kind: string; readonly why: string };
  readonly steps: readonly Step[];
}

function Opened({ line, hasTraces }: { line: Line; hasTraces: boolean }) {
  const [trace, setTrace] = useState<{ pieces?: readonly TracePiece[]; error?: string }>({});
  useEffect(() => {
    if (!hasTraces || line.id === "") return undefined;
    let isWanted = true;
    ask<{ pieces: readonly TracePiece[] }>("GET", `trace/${line.id}`).then(
      ({ pieces }) => isWanted && setTrace({ pieces }),
      (error: unknown) => isWanted && setTrace({ error: messageOf(error) }),
    );
    return () => {
      isWanted = false;
    };
  }, [line.id, hasTraces]);
  const facts = [
    ["Answer", `${line.status} ${line.result}, ${line.bytes} bytes in ${line.ms} ms`],
    ["Id", line.id],
    ["Detail", line.detail],
    ["Behavior", line.behavior],
    ["First byte", `${line.firstByteMs} ms`],
    ["Viewer", line.address],
    ["Protocol", `${line.protocol}${line.tls === "" ? "" : `, ${line.tls}`}`],
    ["Content", line.type],
    ["User-Agent", line.agent],
    ["Referer", line.referer],
    ["Edge", String(line.edge)],
  ].filter(([, value]) => value !== "");
  return (
    <div class="stack">
      <p class="mono told-url">
        {line.method} {line.scheme}://{line.host}
        {line.path}
        {line.query === "" ? "" : `?${line.query}`}
      </p>
      <dl class="facts">
        {facts.map(([what, value]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {hasTraces ? null : (
        <Notice kind="info">Traces are not kept: switch “Keep traces” on for the requests to come.</Notice>
      )}
      {trace.error === undefined ? null : <Notice kind="warning">{trace.error}</Notice>}
      {trace.pieces?.map(({ edge, role, cause, steps }) => (
        <section key={`${role}${edge}`} class="stack">
          <h3>{role === "viewer" ? `What edge ${edge} decided` : `What edge ${edge} decided, which owns the key`}</h3>
          {cause === undefined ? null : <Notice kind="info">Missed because: {cause.why}</Notice>}
          <Steps steps={steps} />
        </section>
      ))}
    </div>
  );
}
