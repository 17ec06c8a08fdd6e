// Streaming distributions, to be looked at: they are made and changed by the API's clients.

import { listAll } from "../frame/ask.ts";
import { Badge, StatusBadge } from "../parts/badge.tsx";
import { useAsked, WhenLoaded } from "../parts/loading.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Table, type Column } from "../parts/table.tsx";

interface Streaming {
  readonly Id: string;
  readonly DomainName: string;
  readonly Status: string;
  readonly Enabled: boolean;
  readonly Comment: string;
  readonly S3Origin: { readonly DomainName: string; readonly OriginAccessIdentity: string };
  readonly Aliases: { readonly Items?: readonly string[] };
}

const COLUMNS: readonly Column<Streaming>[] = [
  {
    heading: "Distribution",
    cell: ({ Id, Comment }) => (
      <div>
        <span class="mono">{Id}</span>
        <div class="sub">{Comment}</div>
      </div>
    ),
  },
  {
    heading: "Names",
    cell: ({ DomainName, Aliases }) => (
      <div>
        {[...(Aliases.Items ?? []), DomainName].map((name) => (
          <div key={name}>{name}</div>
        ))}
      </div>
    ),
  },
  { heading: "Bucket", cell: ({ S3Origin }) => S3Origin.DomainName },
  {
    heading: "State",
    cell: ({ Enabled, Status }) => (
      <span class="actions">
        {Enabled ? <Badge kind="good">Enabled</Badge> : <Badge kind="off">Disabled</Badge>}
        <StatusBadge status={Status} />
      </span>
    ),
  },
];

export function Page() {
  const asked = useAsked(() => listAll<Streaming>("ListStreamingDistributions", "StreamingDistributionList"), []);
  return (
    <>
      <PageHead title="Streaming distributions" />
      <WhenLoaded asked={asked} what="streaming distributions">
        {(rows) =>
          rows.length === 0 ? (
            <p class="empty">There are no streaming distributions in this account.</p>
          ) : (
            <Table caption="Streaming distributions" columns={COLUMNS} rows={rows} keyOf={({ Id }) => Id} />
          )
        }
      </WhenLoaded>
    </>
  );
}
