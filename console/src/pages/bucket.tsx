// One bucket: its objects by prefix, as folders, and the policy that says who may read them.

import { useEffect, useState } from "preact/hooks";
import { messageOf, question } from "../frame/ask.ts";
import type { PageProps } from "../page-props.ts";
import { formatJson } from "../parts/diff.tsx";
import { useAsked, WhenLoaded } from "../parts/loading.tsx";
import { Notice } from "../parts/notice.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Table, type Column } from "../parts/table.tsx";

interface Listed {
  readonly folders: readonly string[];
  readonly objects: readonly { readonly key: string; readonly bytes: number; readonly modified: string }[];
  readonly next?: string;
}

interface Row {
  readonly key: string;
  readonly folder?: string;
  readonly bytes?: number;
  readonly modified?: string;
}

export function Page({ params, query }: PageProps) {
  const bucket = params["name"] ?? "";
  const prefix = query.get("prefix") ?? "";
  return (
    <>
      <PageHead title={bucket} back={{ path: "/buckets", label: "Buckets" }} />
      <div class="stack">
        <Objects key={prefix} bucket={bucket} prefix={prefix} />
        <h2>Policy</h2>
        <Policy bucket={bucket} />
      </div>
    </>
  );
}

function at(bucket: string, prefix: string): string {
  const path = `/buckets/${encodeURIComponent(bucket)}`;
  return prefix === "" ? path : `${path}?prefix=${encodeURIComponent(prefix)}`;
}

function Crumbs({ bucket, prefix }: { bucket: string; prefix: string }) {
  const parts = prefix.split("/").slice(0, -1);
  return (
    <nav class="crumbs" aria-label="Prefix">
      <a href={at(bucket, "")}>{bucket}</a>
      {parts.map((part, index) => {
        const to = `${parts.slice(0, index + 1).join("/")}/`;
        return (
          <span key={to}>
            <span aria-hidden="true"> / </span>
            <a href={at(bucket, to)}>{part || "(empty)"}</a>
          </span>
        );
      })}
    </nav>
  );
}

function Objects({ bucket, prefix }: { bucket: string; prefix: string }) {
  const [pages, setPages] = useState<readonly Listed[]>([]);
  const [error, setError] = useState("");
  async function more(after: string | undefined): Promise<void> {
    try {
      const page = await question<Listed>("bucket-objects", { bucket, prefix, ...(after !== undefined && { after }) });
      setPages((before) => [...before, page]);
    } catch (fault) {
      setError(messageOf(fault));
    }
  }
  useEffect(() => void more(undefined), []);
  const columns: readonly Column<Row>[] = [
    {
      heading: "Object",
      cell: ({ key, folder }) =>
        folder === undefined ? (
          <span class="mono">{key.slice(prefix.length) || key}</span>
        ) : (
          <a href={at(bucket, folder)}>{folder.slice(prefix.length)}</a>
        ),
    },
    { heading: "Size", cell: ({ bytes }) => (bytes === undefined ? "" : formatBytes(bytes)), isNumber: true },
    {
      heading: "Modified",
      cell: ({ modified }) => (modified === undefined ? "" : new Date(modified).toLocaleString()),
    },
  ];
  const rows: readonly Row[] = pages.flatMap(({ folders, objects }) => [
    ...folders.map((folder) => ({ key: folder, folder })),
    ...objects,
  ]);
  const next = pages.at(-1)?.next;
  return (
    <section class="stack" aria-label="Objects">
      <Crumbs bucket={bucket} prefix={prefix} />
      {error === "" ? null : <Notice kind="error">{error}</Notice>}
      {pages.length === 0 ? null : rows.length === 0 ? (
        <p class="empty">There is nothing here.</p>
      ) : (
        <Table caption="Objects" columns={columns} rows={rows} keyOf={({ key }) => key} />
      )}
      {next === undefined ? null : (
        <button type="button" onClick={() => void more(next)}>
          More
        </button>
      )}
    </section>
  );
}

function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step] ?? ""}`;
}

function Policy({ bucket }: { bucket: string }) {
  const asked = useAsked(() => question<{ policy?: string }>("bucket-policy", { bucket }), [bucket]);
  return (
    <WhenLoaded asked={asked} what="the policy">
      {({ policy }) =>
        policy === undefined ? (
          <p class="empty">It has none: nobody but its owner may do anything with it.</p>
        ) : (
          <pre class="code" tabIndex={0} aria-label="Policy">
            {indented(policy)}
          </pre>
        )
      }
    </WhenLoaded>
  );
}

function indented(policy: string): string {
  try {
    return formatJson(JSON.parse(policy));
  } catch {
    return policy;
  }
}
