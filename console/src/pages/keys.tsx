// Whose signatures open behaviors: public keys, and the key groups that behaviors name.

import { call, listAll } from "../frame/ask.ts";
import { newReference } from "../parts/new-reference.ts";
import { PageHead } from "../parts/page-head.tsx";
import { Resources, type ResourceKind } from "../parts/resources.tsx";

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

const KEYS: ResourceKind<PublicKey> = {
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
    { name: "name", label: "Name", kind: "text" },
    { name: "comment", label: "Comment", kind: "text", isOptional: true },
    { name: "key", label: "Public key", hint: "PEM, from -----BEGIN PUBLIC KEY----- on", kind: "lines" },
  ],
  create: ({ name = "", comment = "", key = "" }) => [
    "CreatePublicKey",
    {
      PublicKeyConfig: {
        CallerReference: `console-${newReference()}`,
        Name: name,
        // A PEM ends with a line feed; a paste often does not.
        EncodedKey: `${key.trim()}\n`,
        Comment: comment,
      },
    },
  ],
  get: "GetPublicKey",
  remove: "DeletePublicKey",
};

async function listGroups(): Promise<readonly KeyGroup[]> {
  const { KeyGroupList } = await call<{ KeyGroupList: { Items?: readonly { KeyGroup: KeyGroup }[] } }>("ListKeyGroups");
  return (KeyGroupList.Items ?? []).map((item) => item.KeyGroup);
}

const GROUPS: ResourceKind<KeyGroup> = {
  title: "Key groups",
  one: "key group",
  about: "A behavior with key groups is served to viewers whose URL or cookies one of their keys has signed.",
  list: listGroups,
  columns: [
    { heading: "Group", cell: ({ Id }) => <span class="mono">{Id}</span> },
    { heading: "Name", cell: ({ KeyGroupConfig }) => KeyGroupConfig.Name },
    {
      heading: "Keys",
      cell: ({ KeyGroupConfig }) => <span class="mono">{(KeyGroupConfig.Items ?? []).join(", ")}</span>,
    },
  ],
  idOf: ({ Id }) => Id,
  nameOf: ({ KeyGroupConfig }) => KeyGroupConfig.Name,
  fields: [
    { name: "name", label: "Name", kind: "text" },
    {
      name: "keys",
      label: "Keys",
      hint: "Make a public key first.",
      kind: "choices",
      choices: async () => (await listKeys()).map(({ Id, Name }) => ({ value: Id, label: `${Name} (${Id})` })),
    },
  ],
  create: ({ name = "", keys = "" }) => [
    "CreateKeyGroup",
    { KeyGroupConfig: { Name: name, Items: keys.split("\n").filter((key) => key !== "") } },
  ],
  get: "GetKeyGroup",
  remove: "DeleteKeyGroup",
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
