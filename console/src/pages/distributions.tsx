// All distributions of the account, with a search over what they are known by. While one is on its way to the edges it looks again.

import { useState } from "preact/hooks";
import { listAll } from "../frame/ask.ts";
import { noteQuery } from "../frame/route.ts";
import type { PageProps } from "../page-props.ts";
import { Badge, StatusBadge } from "../parts/badge.tsx";
import { useAsked, useEvery, WhenLoaded } from "../parts/loading.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Table, type Column } from "../parts/table.tsx";

interface Summary {
  readonly Id: string;
  readonly DomainName: string;
  readonly Status: string;
  readonly Enabled: boolean;
  readonly Comment: string;
  readonly LastModifiedTime: string;
  readonly Aliases: { readonly Items?: readonly string[] };
  readonly Origins: { readonly Items: readonly { readonly Id: string; readonly DomainName: string }[] };
}

const COLUMNS: readonly Column<Summary>[] = [
  {
    heading: "Distribution",
    cell: ({ Id, Comment }) => (
      <div>
        <a href={`/distributions/${Id}`} class="mono">
          {Id}
        </a>
        {Comment === "" ? null : <div class="sub">{Comment}</div>}
      </div>
    ),
  },
  {
    heading: "Names",
    cell: ({ DomainName, Aliases }) => (
      <div>
        {[...(Aliases.Items ?? []), DomainName].map((name, index) => (
          <div key={name} class={index === 0 ? "" : "sub"}>
            {name}
          </div>
        ))}
      </div>
    ),
  },
  {
    heading: "Origins",
    cell: ({ Origins }) => (
      <div>
        {Origins.Items.map(({ Id, DomainName }) => (
          <div key={Id}>{DomainName}</div>
        ))}
      </div>
    ),
  },
  {
    heading: "State",
    cell: ({ Enabled, Status }) => (
      <span class="actions">
        {Enabled ? <Badge kind="good">Enabled</Badge> : <Badge kind="off">Disabled</Badge>}
        {Status === "Deployed" ? null : <StatusBadge status={Status} />}
      </span>
    ),
  },
];

export function Page({ query }: PageProps) {
  const [search, setSearch] = useState(query.get("search") ?? "");
  const asked = useAsked(() => listAll<Summary>("ListDistributions", "DistributionList"), []);
  const isMoving = asked.value?.some(({ Status }) => Status === "InProgress") === true;
  useEvery(1000, isMoving, asked.again);
  const write = (text: string): void => {
    setSearch(text);
    noteQuery({ search: text });
  };
  return (
    <>
      <PageHead title="Distributions">
        <a class="button primary" href="/distributions/new">
          New distribution
        </a>
      </PageHead>
      <WhenLoaded asked={asked} what="distributions">
        {(all) => {
          const shown = all.filter((one) => matches(one, search));
          if (all.length === 0) return <NoneYet />;
          return (
            <>
              <div class="toolbar">
                <input
                  class="grow"
                  type="search"
                  data-search
                  aria-label="Search distributions by id, name, origin or comment"
                  placeholder="Search by id, name, origin or comment ( / )"
                  value={search}
                  onInput={(event) => write(event.currentTarget.value)}
                />
              </div>
              {shown.length === 0 ? (
                <p class="empty">
                  None of {all.length} has “{search}” in it.
                </p>
              ) : (
                <Table caption="Distributions" columns={COLUMNS} rows={shown} keyOf={({ Id }) => Id} />
              )}
            </>
          );
        }}
      </WhenLoaded>
    </>
  );
}

function matches({ Id, DomainName, Comment, Aliases, Origins }: Summary, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/);
  const names = [...(Aliases.Items ?? []), ...Origins.Items.map((origin) => origin.DomainName)];
  const text = [Id, DomainName, Comment, ...names].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function NoneYet() {
  return (
    <div class="empty">
      <p>There are no distributions in this account yet. One stands before an origin, and serves it to viewers.</p>
      <div class="actions">
        <a class="button" href="/distributions/new">
          Make the first one
        </a>
      </div>
    </div>
  );
}
