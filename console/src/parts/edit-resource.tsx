// Making a resource and changing one, each in a dialog. A change is shown as lines before it is saved, and saved by the revision that was
// there when it was begun.

import { useState } from "preact/hooks";
import { announce } from "../frame/announce.tsx";
import { messageOf, type Document } from "../frame/ask.ts";
import { formatJson } from "./diff.tsx";
import { Outdated, useDraft, useUnsaved, type Revised } from "./draft.tsx";
import { useAsked, WhenLoaded } from "./loading.tsx";
import { ResourceForm } from "./resource-form.tsx";
import { createOne, readOne, saveOne, type ResourceKind } from "./resource-kind.ts";
import { Review } from "./review.tsx";

export function Making<Row>({ kind, close, made }: { kind: ResourceKind<Row>; close: () => void; made: () => void }) {
  const [blank] = useState<Document>(kind.blank);
  const [draft, setDraft] = useState(blank);
  const [refusal, setRefusal] = useState("");
  const [isAsking, setAsking] = useState(false);
  useUnsaved(formatJson(draft) !== formatJson(blank));
  async function create(): Promise<void> {
    setAsking(true);
    setRefusal("");
    try {
      await createOne(kind, draft);
      announce(`The ${kind.one} is made.`);
      made();
      close();
    } catch (error) {
      setRefusal(messageOf(error));
      setAsking(false);
    }
  }
  return (
    <ResourceForm
      fields={kind.fields}
      draft={draft}
      set={setDraft}
      refusal={refusal}
      isMade={false}
      submit={() => void create()}
    >
      <button type="button" onClick={close}>
        Cancel
      </button>
      <button type="submit" class="primary" disabled={isAsking}>
        Create
      </button>
    </ResourceForm>
  );
}

interface Edited<Row> {
  readonly kind: ResourceKind<Row>;
  readonly row: Row;
  readonly close: () => void;
  readonly saved: () => void;
}

export function Editing<Row>(edited: Edited<Row>) {
  const { kind, row } = edited;
  const asked = useAsked(() => readOne(kind, kind.idOf(row)), [kind, row]);
  return (
    <WhenLoaded asked={asked} what={`the ${kind.one}`}>
      {(current) => <EditingForm {...edited} current={current} again={asked.again} />}
    </WhenLoaded>
  );
}

function EditingForm<Row>({
  kind,
  row,
  close,
  saved,
  current,
  again,
}: Edited<Row> & { readonly current: Revised<Document>; readonly again: () => void }) {
  const drafting = useDraft(current);
  const { ground, draft, isChanged, refusal, setRefusal } = drafting;
  const [isReviewing, setReviewing] = useState(false);
  useUnsaved(isChanged);
  async function save(): Promise<void> {
    await saveOne(kind, kind.idOf(row), { ETag: ground.ETag, config: draft });
    announce(`The ${kind.one} is saved.`);
    saved();
    close();
  }
  return (
    <>
      <div class="stack">
        <p class="mono">{kind.idOf(row)}</p>
        <Outdated what={kind.one} drafting={drafting} />
        <ResourceForm
          fields={kind.fields}
          draft={draft}
          set={drafting.set}
          refusal={refusal}
          isMade={true}
          submit={() => {
            setRefusal("");
            setReviewing(true);
            again();
          }}
        >
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={!isChanged}>
            Review and save …
          </button>
        </ResourceForm>
      </div>
      <Review
        before={formatJson(ground.config)}
        after={formatJson(draft)}
        isOpen={isReviewing}
        save={save}
        close={(said) => {
          setReviewing(false);
          setRefusal(said);
        }}
      />
    </>
  );
}
