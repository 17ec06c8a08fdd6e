// The buckets of the account.

import { useState } from "preact/hooks";
import { question } from "../frame/ask.ts";
import { useAsked, WhenLoaded } from "../parts/loading.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Table, type Column } from "../parts/table.tsx";

interface Bucket {
  readonly name: string;
  readonly created: string;
}

const COLUMNS: readonly Column<Bucket>[] = [
  { heading: "Bucket", cell: ({ name }) => <a href={`/buckets/${encodeURIComponent(name)}`}>{name}</a> },
  { heading: "As an origin", cell: ({ name }) => <code>{name}.s3.amazonaws.com</code> },
  { heading: "Made", cell: ({ created }) => new Date(created).toLocaleString() },
];

export function Page() {
  const [search, setSearch] = useState("");
  const asked = useAsked(async () => (await question<{ buckets: readonly Bucket[] }>("buckets", {})).buckets, []);
  return (
    <>
      <PageHead title="Buckets" />
      <WhenLoaded asked={asked} what="buckets">
        {(all) =>
          all.length === 0 ? (
            <p class="empty">
              There are no buckets in this account yet. <code>aws s3 mb s3://name</code> makes one.
            </p>
          ) : (
            <>
              <div class="toolbar">
                <input
                  class="grow"
                  type="search"
                  data-search
                  aria-label="Search buckets"
                  placeholder="Search by name ( / )"
                  value={search}
                  onInput={(event) => setSearch(event.currentTarget.value)}
                />
              </div>
              <Table
                caption="Buckets"
                columns={COLUMNS}
                rows={all.filter(({ name }) => name.includes(search.toLowerCase()))}
                keyOf={({ name }) => name}
              />
            </>
          )
        }
      </WhenLoaded>
    </>
  );
}
