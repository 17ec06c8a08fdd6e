// Things of one kind that the account has: a list of them, a form that makes another one, and a way to delete each after a question. What
// the API refuses is told in its words.

import { useState } from "preact/hooks";
import { announce } from "../frame/announce.tsx";
import { call, messageOf, type Document } from "../frame/ask.ts";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { useAsked, WhenLoaded } from "./loading.tsx";
import { Notice } from "./notice.tsx";
import { Table, type Column } from "./table.tsx";

export interface MadeBy {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly kind: "text" | "lines" | "choices";
  readonly isOptional?: boolean;
  /** Of `choices`: any number of them. */
  readonly choices?: () => Promise<readonly { readonly value: string; readonly label: string }[]>;
}

export interface ResourceKind<Row> {
  /** As a heading, and of one of them in a sentence: `identity`. */
  readonly title: string;
  readonly one: string;
  readonly about: string;
  readonly list: () => Promise<readonly Row[]>;
  readonly columns: readonly Column<Row>[];
  readonly idOf: (row: Row) => string;
  readonly nameOf: (row: Row) => string;
  readonly fields: readonly MadeBy[];
  /** Operation and input. `choices` come as values with line feeds between. */
  readonly create: (values: Readonly<Record<string, string>>) => readonly [operation: string, input: Document];
  /** Answers with the revision that deleting has to name. */
  readonly get: string;
  readonly remove: string;
}

export function Resources<Row>({ kind }: { kind: ResourceKind<Row> }) {
  const asked = useAsked(kind.list, [kind]);
  const [isMaking, setMaking] = useState(false);
  const [removed, setRemoved] = useState<Row>();
  const columns: readonly Column<Row>[] = [
    ...kind.columns,
    {
      heading: "Action",
      cell: (row) => (
        <button type="button" onClick={() => setRemoved(row)}>
          Delete<span class="hidden"> {kind.nameOf(row)}</span> …
        </button>
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
      <Making kind={kind} isOpen={isMaking} close={() => setMaking(false)} made={asked.again} />
      <RemovingOne kind={kind} row={removed} close={() => setRemoved(undefined)} gone={asked.again} />
    </section>
  );
}

function Making<Row>({
  kind,
  isOpen,
  close,
  made,
}: {
  kind: ResourceKind<Row>;
  isOpen: boolean;
  close: () => void;
  made: () => void;
}) {
  return (
    <Dialog title={`New ${kind.one}`} isOpen={isOpen} close={close}>
      <MakingForm kind={kind} close={close} made={made} />
    </Dialog>
  );
}

function MakingForm<Row>({ kind, close, made }: { kind: ResourceKind<Row>; close: () => void; made: () => void }) {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [refusal, setRefusal] = useState("");
  const [isAsking, setAsking] = useState(false);
  async function create(event: Event): Promise<void> {
    event.preventDefault();
    setAsking(true);
    setRefusal("");
    try {
      await call(...kind.create(values));
      announce(`The ${kind.one} is made.`);
      made();
      close();
    } catch (error) {
      setRefusal(messageOf(error));
      setAsking(false);
    }
  }
  return (
    <form class="stack" onSubmit={(event) => void create(event)}>
      {refusal === "" ? null : <Notice kind="error">{refusal}</Notice>}
      {kind.fields.map((field) => (
        <MakingField
          key={field.name}
          field={field}
          value={values[field.name] ?? ""}
          set={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
        />
      ))}
      <div class="actions">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" class="primary" disabled={isAsking}>
          Create
        </button>
      </div>
    </form>
  );
}

function MakingField({ field, value, set }: { field: MadeBy; value: string; set: (value: string) => void }) {
  const { label, hint, kind, isOptional = false } = field;
  const choices = useAsked(field.choices ?? (async () => []), [field]).value ?? [];
  if (kind === "lines") {
    return (
      <Field label={label} hint={hint}>
        <textarea
          class="mono"
          rows={8}
          required={!isOptional}
          spellcheck={false}
          value={value}
          onInput={(event) => set(event.currentTarget.value)}
        />
      </Field>
    );
  }
  if (kind === "text") {
    return (
      <Field label={label} hint={hint}>
        <input required={!isOptional} value={value} onInput={(event) => set(event.currentTarget.value)} />
      </Field>
    );
  }
  const chosen = value.split("\n").filter((each) => each !== "");
  return (
    <fieldset>
      <legend>{label}</legend>
      {choices.length === 0 ? <p class="hint">{hint ?? "There are none to choose from."}</p> : null}
      {choices.map((choice) => (
        <label key={choice.value} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(choice.value)}
            onChange={(event) =>
              set(
                event.currentTarget.checked
                  ? [...chosen, choice.value].join("\n")
                  : chosen.filter((each) => each !== choice.value).join("\n"),
              )
            }
          />
          {choice.label}
        </label>
      ))}
    </fieldset>
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
    const Id = kind.idOf(which);
    try {
      const { ETag } = await call<{ ETag: string }>(kind.get, { Id });
      await call(kind.remove, { Id, IfMatch: ETag });
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
