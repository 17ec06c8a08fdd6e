// Whose signatures open behaviors: public keys, and the key groups that behaviors name.

import { call, listAll } from "../frame/ask.ts";
import { newReference } from "../parts/new-reference.ts";
import { PageHead } from "../parts/page-head.tsx";
import type { ResourceField, ResourceKind } from "../parts/resource-kind.ts";
import { Resources } from "../parts/resources.tsx";

interface PublicKey {
  readonly Id: string;
  readonly Name: string;
  readonly Comment?: string;
  readonly CreatedTime: string;
}

interface KeyGroup {
  readonly Id: string;
  readonly KeyGroupConfig: { readonly Name: string; readonly Comment?: string; readonly Items?: readonly string[] };
}

const listKeys = (): Promise<readonly PublicKey[]> => listAll<PublicKey>("ListPublicKeys", "PublicKeyList");

const COMMENT: ResourceField = {
  member: "Comment",
  label: "Comment",
  kind: "text",
  isOptional: true,
  refused: /Comment/,
};

const KEYS: ResourceKind<PublicKey> = {
  resource: "PublicKey",
  title: "Public keys",
  one: "public key",
  about: "RSA with 2048 bits, or ECDSA P-256. The private half stays with whoever signs.",
  list: listKeys,
  columns: [
    { heading: "Key", cell: ({ Id }) => <span class="mono">{Id}</span> },
    { heading: "Name", cell: ({ Name }) => Name },
    { heading: "Comment", cell: ({ Comment }) => Comment },
    { heading: "Made", cell: ({ CreatedTime }) => new Date(CreatedTime).toLocaleString() },
  ],
  idOf: ({ Id }) => Id,
  nameOf: ({ Name }) => Name,
  fields: [
    {
      member: "Name",
      label: "Name",
      hint: "Letters, digits, hyphens and underscores",
      kind: "text",
      isFixed: true,
      refused: /parameter Name|same name/i,
    },
    COMMENT,
    {
      member: "EncodedKey",
      label: "Public key",
      hint: "PEM, from -----BEGIN PUBLIC KEY----- on",
      kind: "lines",
      isFixed: true,
      refused: /EncodedKey/,
    },
  ],
  blank: () => ({ CallerReference: `console-${newReference()}`, Name: "", EncodedKey: "", Comment: "" }),
  // A PEM ends with a line feed; a paste often does not.
  tidy: (config) => ({ ...config, EncodedKey: `${String(config["EncodedKey"]).trim()}\n` }),
};

async function listGroups(): Promise<readonly KeyGroup[]> {
  const { KeyGroupList } = await call<{ KeyGroupList: { Items?: readonly { KeyGroup: KeyGroup }[] } }>("ListKeyGroups");
  return (KeyGroupList.Items ?? []).map((item) => item.KeyGroup);
}

const GROUPS: ResourceKind<KeyGroup> = {
  resource: "KeyGroup",
  title: "Key groups",
  one: "key group",
  about: "A behavior with key groups is served to viewers whose URL or cookies one of their keys has signed.",
  list: listGroups,
  columns: [
    { heading: "Group", cell: ({ Id }) => <span class="mono">{Id}</span> },
    { heading: "Name", cell: ({ KeyGroupConfig }) => KeyGroupConfig.Name },
    { heading: "Comment", cell: ({ KeyGroupConfig }) => KeyGroupConfig.Comment },
    {
      heading: "Keys",
      cell: ({ KeyGroupConfig }) => <span class="mono">{(KeyGroupConfig.Items ?? []).join(", ")}</span>,
    },
  ],
  idOf: ({ Id }) => Id,
  nameOf: ({ KeyGroupConfig }) => KeyGroupConfig.Name,
  fields: [
    { member: "Name", label: "Name", kind: "text", refused: /parameter Name|same name/i },
    COMMENT,
    {
      member: "Items",
      label: "Keys",
      hint: "Make a public key first.",
      kind: "several",
      choices: async () => (await listKeys()).map(({ Id, Name }) => ({ value: Id, label: `${Name} (${Id})` })),
      refused: /parameter Items|Config\.items|public keys/i,
    },
  ],
  blank: () => ({ Name: "", Items: [], Comment: "" }),
};

export function Page() {
  return (
    <>
      <PageHead title="Keys" />
      <Resources kind={KEYS} />
      <Resources kind={GROUPS} />
    </>
  );
}
