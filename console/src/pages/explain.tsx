// What the edge would do with a request, and why: the same explanation as the command's. With a second URL: whether the two would share a stored
// response, and which setting keeps them apart.

import { useEffect, useState } from "preact/hooks";
import { ask, messageOf } from "../frame/ask.ts";
import { noteQuery } from "../frame/route.ts";
import type { PageProps } from "../page-props.ts";
import { Badge } from "../parts/badge.tsx";
import { Field } from "../parts/field.tsx";
import { Notice } from "../parts/notice.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Steps, type Step } from "../parts/steps.tsx";
import { Table } from "../parts/table.tsx";

interface Explanation {
  readonly verdict: string;
  readonly because?: string;
  readonly cause?: { readonly kind: string; readonly why: string };
  readonly steps: readonly Step[];
}

interface Comparison {
  readonly isShared: boolean;
  readonly why: string;
  readonly differences: readonly {
    readonly name: string;
    readonly one?: string;
    readonly other?: string;
    readonly from: string;
  }[];
}

const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] as const;

type Told =
  | { readonly kind: "explained"; readonly explanation: Explanation }
  | { readonly kind: "compared"; readonly comparison: Comparison; readonly urls: readonly [string, string] }
  | { readonly kind: "failed"; readonly message: string };

export function Page({ query }: PageProps) {
  const [method, setMethod] = useState(query.get("method") ?? "GET");
  const [url, setUrl] = useState(query.get("url") ?? "");
  const [other, setOther] = useState(query.get("other") ?? "");
  const [headers, setHeaders] = useState("");
  /** Number of the worker that the viewer is connected to; "" for any. */
  const [edge, setEdge] = useState("");
  const workers = useWorkers();
  const [told, setTold] = useState<Told>();
  const [isAsking, setIsAsking] = useState(false);
  const wrong = headers.split("\n").find((line) => line.trim() !== "" && !/^[^:\s]+:/.test(line.trim()));

  async function explain(): Promise<void> {
    const fields = headers
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => [line.slice(0, line.indexOf(":")).trim(), line.slice(line.indexOf(":") + 1).trim()]);
    noteQuery({ url, other, method: method === "GET" ? "" : method });
    setIsAsking(true);
    try {
      const asked = { method, url, headers: fields, ...(edge !== "" && { edge: Number(edge) }) };
      if (other === "") {
        setTold({ kind: "explained", explanation: await ask<Explanation>("POST", "explain", asked) });
      } else {
        const comparison = await ask<Comparison>("POST", "explain", { ...asked, otherUrl: other });
        setTold({ kind: "compared", comparison, urls: [url, other] });
      }
    } catch (error) {
      setTold({ kind: "failed", message: messageOf(error) });
    } finally {
      setIsAsking(false);
    }
  }

  return (
    <div class="stack">
      <PageHead title="Explain" />
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          if (wrong === undefined) void explain();
        }}
      >
        <div class="toolbar level">
          <Field label="Method">
            <select value={method} onChange={(event) => setMethod(event.currentTarget.value)}>
              {METHODS.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </Field>
          <div class="grow">
            <Field label="URL" hint="As a viewer asks for it. No origin is asked and nothing is changed.">
              <UrlInput url={url} set={setUrl} isFirst />
            </Field>
          </div>
        </div>
        <Field
          label="Headers of the request"
          hint="One in each line, as in Accept-Encoding: gzip"
          error={wrong === undefined ? undefined : `“${wrong.trim()}” is no header: a name, a colon and a value are.`}
        >
          <textarea
            class="mono"
            rows={2}
            spellcheck={false}
            autocapitalize="none"
            value={headers}
            onInput={(event) => setHeaders(event.currentTarget.value)}
          />
        </Field>
        {workers < 2 ? null : (
          <Field label="Edge worker" hint="Each has copies of its own; the owner of the key says what else is stored.">
            <select value={edge} onChange={(event) => setEdge(event.currentTarget.value)}>
              <option value="">any</option>
              {Array.from({ length: workers }, (_, slot) => (
                <option key={slot}>{slot + 1}</option>
              ))}
            </select>
          </Field>
        )}
        <Field
          label="Compare with another URL"
          hint="If you like: would the two share one stored response, and if not, why not?"
        >
          <UrlInput url={other} set={setOther} />
        </Field>
        <div class="actions">
          <button type="submit" class="primary" disabled={isAsking || url === ""}>
            {other === "" ? "Explain" : "Compare"}
          </button>
        </div>
      </form>
      <section aria-live="polite" class="stack">
        {told === undefined ? null : <Answer told={told} />}
      </section>
    </div>
  );
}

/** How many there are to be; 0 until that is known. */
function useWorkers(): number {
  const [workers, setWorkers] = useState(0);
  useEffect(() => {
    ask<{ workers: { wanted: number } }>("GET", "ready")
      .then((told) => setWorkers(told.workers.wanted))
      .catch(() => undefined); // without it any worker answers
  }, []);
  return workers;
}

function UrlInput({
  url,
  set,
  isFirst = false,
  ...given
}: {
  url: string;
  set: (url: string) => void;
  isFirst?: boolean;
}) {
  return (
    <input
      {...given}
      class="mono"
      type="url"
      spellcheck={false}
      autocapitalize="none"
      autocomplete="off"
      placeholder="http://www.example.com:7480/index.html"
      value={url}
      onInput={(event) => set(event.currentTarget.value.trim())}
      {...(isFirst && { "data-search": true })}
    />
  );
}

function Answer({ told }: { told: Told }) {
  switch (told.kind) {
    case "failed":
      return <Notice kind="error">{told.message}</Notice>;
    case "explained": {
      const { verdict, because, cause, steps } = told.explanation;
      const why = because ?? cause?.why;
      return (
        <>
          <div class="actions">
            <h2>The viewer would get</h2>
            <Badge kind={verdict === "hit" ? "good" : /^[45]/.test(verdict) ? "bad" : "busy"}>{verdict}</Badge>
          </div>
          {why === undefined ? null : <Notice kind="info">Because: {why}</Notice>}
          <section class="card" aria-label="Decisions">
            <Steps steps={steps} />
          </section>
        </>
      );
    }
    case "compared": {
      const { isShared, why, differences } = told.comparison;
      return (
        <>
          <div class="actions">
            <h2>One stored response for both?</h2>
            <Badge kind={isShared ? "good" : "off"}>{isShared ? "Shared" : "Not shared"}</Badge>
          </div>
          <p>{why}</p>
          {differences.length === 0 ? null : (
            <Table
              caption="Parts of the cache key that differ"
              rows={differences}
              keyOf={({ name }) => name}
              columns={[
                { heading: "Part", cell: ({ name }) => name },
                { heading: "First", cell: ({ one }) => <span class="mono">{one ?? "(none)"}</span> },
                { heading: "Second", cell: (row) => <span class="mono">{row.other ?? "(none)"}</span> },
                { heading: "Comes from", cell: ({ from }) => from },
              ]}
            />
          )}
        </>
      );
    }
  }
}
