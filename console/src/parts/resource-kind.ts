// What a kind of the account's resources is to the console: how they are listed, and which members of its config stand in a form. The
// names of its operations follow from its own, as everywhere in the API.

import { call, type Document } from "../frame/ask.ts";
import type { Revised } from "./draft.tsx";
import type { Choice } from "./several.tsx";
import type { Column } from "./table.tsx";

export interface ResourceField {
  /** Of the config: a list of texts for `several`, else a text. */
  readonly member: string;
  readonly label: string;
  readonly hint?: string;
  readonly kind: "text" | "lines" | "one" | "several";
  readonly isOptional?: boolean;
  /** Said when it is made, and never changed. */
  readonly isFixed?: boolean;
  /** Of `one` and `several`. */
  readonly choices?: () => Promise<readonly Choice[]>;
  /** In the API's words when it refuses this member. */
  readonly refused: RegExp;
}

export interface ResourceKind<Row> {
  /** In the names of its operations: `KeyGroup`. Its config is the member `KeyGroupConfig`. */
  readonly resource: string;
  /** As a heading, and of one of them in a sentence: `identity`. */
  readonly title: string;
  readonly one: string;
  readonly about: string;
  readonly list: () => Promise<readonly Row[]>;
  readonly columns: readonly Column<Row>[];
  readonly idOf: (row: Row) => string;
  readonly nameOf: (row: Row) => string;
  readonly fields: readonly ResourceField[];
  /** The config that somebody begins with who makes one. */
  readonly blank: () => Document;
  /** Of what was written, as it is created. */
  readonly tidy?: (config: Document) => Document;
}

type AnyKind = Pick<ResourceKind<never>, "resource" | "tidy">;

export async function createOne({ resource, tidy = (config) => config }: AnyKind, config: Document): Promise<void> {
  await call(`Create${resource}`, { [`${resource}Config`]: tidy(config) });
}

export async function readOne({ resource }: AnyKind, Id: string): Promise<Revised<Document>> {
  const output = await call<{ ETag: string }>(`Get${resource}`, { Id });
  const found = (output as Document)[resource] as Document;
  return { ETag: output.ETag, config: found[`${resource}Config`] as Document };
}

export async function saveOne({ resource }: AnyKind, Id: string, { ETag, config }: Revised<Document>): Promise<void> {
  await call(`Update${resource}`, { Id, IfMatch: ETag, [`${resource}Config`]: config });
}

export async function removeOne(kind: AnyKind, Id: string): Promise<void> {
  const { ETag } = await readOne(kind, Id);
  await call(`Delete${kind.resource}`, { Id, IfMatch: ETag });
}
