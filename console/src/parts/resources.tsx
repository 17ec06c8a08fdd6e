// Things of one kind that the account has: a list of them, forms that make another one and change one, and a way to delete each after a
// question. What the API refuses is told in its words.

import { useState } from "preact/hooks";
import { announce } from "../frame/announce.tsx";
import { messageOf } from "../frame/ask.ts";
import { Dialog } from "./dialog.tsx";
import { Editing, Making } from "./edit-resource.tsx";
import { useAsked, WhenLoaded } from "./loading.tsx";
import { Notice } from "./notice.tsx";
import { removeOne, type ResourceKind } from "./resource-kind.ts";
import { Table, type Column } from "./table.tsx";

export function Resources<Row>({ kind }: { kind: ResourceKind<Row> }) {
  const asked = useAsked(kind.list, [kind]);
  const [isMaking, setMaking] = useState(false);
  const [edited, setEdited] = useState<Row>();
  const [removed, setRemoved] = useState<Row>();
  const stopMaking = (): void => setMaking(false);
  const stopEditing = (): void => setEdited(undefined);
  const columns: readonly Column<Row>[] = [
    ...kind.columns,
    {
      heading: "Action",
      cell: (row) => (
        <div class="actions">
          <button type="button" onClick={() => setEdited(row)}>
            Edit<span class="hidden"> {kind.nameOf(row)}</span> …
          </button>
          <button type="button" onClick={() => setRemoved(row)}>
            Delete<span class="hidden"> {kind.nameOf(row)}</span> …
          </button>
        </div>
      ),
    },
  ];
  return (
    <section class="resources">
      <div class="page-title">
        <h2>{kind.title}</h2>
        <div class="actions">
          <button type="button" onClick={() => setMaking(true)}>
            New {kind.one}
          </button>
        </div>
      </div>
      <p class="hint">{kind.about}</p>
      <WhenLoaded asked={asked} what={kind.title.toLowerCase()}>
        {(rows) =>
          rows.length === 0 ? (
            <p class="empty">There are none yet.</p>
          ) : (
            <Table caption={kind.title} columns={columns} rows={rows} keyOf={kind.idOf} />
          )
        }
      </WhenLoaded>
      <Dialog title={`New ${kind.one}`} isOpen={isMaking} close={stopMaking} holdsDraft>
        <Making kind={kind} close={stopMaking} made={asked.again} />
      </Dialog>
      <Dialog title={`Edit this ${kind.one}`} isOpen={edited !== undefined} close={stopEditing} holdsDraft>
        {edited === undefined ? null : <Editing kind={kind} row={edited} close={stopEditing} saved={asked.again} />}
      </Dialog>
      <RemovingOne kind={kind} row={removed} close={() => setRemoved(undefined)} gone={asked.again} />
    </section>
  );
}

function RemovingOne<Row>({
  kind,
  row,
  close,
  gone,
}: {
  kind: ResourceKind<Row>;
  row: Row | undefined;
  close: () => void;
  gone: () => void;
}) {
  const [refusal, setRefusal] = useState("");
  const shut = (): void => {
    setRefusal("");
    close();
  };
  async function remove(which: Row): Promise<void> {
    setRefusal("");
    try {
      await removeOne(kind, kind.idOf(which));
      announce(`${kind.nameOf(which)} is deleted.`);
      shut();
      gone();
    } catch (error) {
      setRefusal(messageOf(error));
    }
  }
  return (
    <Dialog title={`Delete this ${kind.one}?`} isOpen={row !== undefined} close={shut}>
      {row === undefined ? null : (
        <>
          <p>
            {kind.nameOf(row)} <span class="mono">{kind.idOf(row)}</span>
          </p>
          {refusal === "" ? null : <Notice kind="error">{refusal}</Notice>}
          <div class="actions">
            <button type="button" onClick={shut}>
              Keep it
            </button>
            <button type="button" class="danger" onClick={() => void remove(row)}>
              Delete
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}
