/** TagServerCertificate, UntagServerCertificate and ListServerCertificateTags [IAMAPI]. */
import { checkTagKey, checkTags } from "../../model/check/tags.ts";
import type { Tag } from "../../store/tags.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { textOf, type NeighborContext } from "../context.ts";
import type { NeighborOutcome } from "../neighbor-outcome.ts";
import { cutPage } from "../pages.ts";
import { iamFailure } from "./failures.ts";
import { absent, findByName, invalidMarker } from "./server-certificates.ts";

const PAGE_DEFAULT = 100;

/** Adds `Tags`, or removes `TagKeys`: each operation has one of them. */
export async function changeServerCertificateTags(
  input: WireDocument,
  context: NeighborContext,
): Promise<NeighborOutcome> {
  const { store, limits } = context.control;
  const put = (input["Tags"] ?? []) as unknown as readonly Tag[];
  const remove = (input["TagKeys"] ?? []) as readonly string[];
  const refused = checkTags(put, limits.tagsPerResourceMax) ?? remove.map(checkTagKey).find((one) => one !== undefined);
  if (refused !== undefined) return iamFailure("InvalidInput", refused.message);
  const name = textOf(input, "ServerCertificateName");
  const found = await findByName(name, context);
  if (found === undefined) return absent(name);
  const tagsMax = limits.tagsPerResourceMax;
  const { kind } = await store.resources.changeTags(found.kind, found.account, found.id, { put, remove, tagsMax });
  switch (kind) {
    case "changed":
      return { kind: "ok" };
    case "absent":
      return absent(name);
    case "over-limit":
      return iamFailure("LimitExceeded", `The number of tags has reached the maximum limit: ${tagsMax}.`);
  }
}

export async function listServerCertificateTags(
  input: WireDocument,
  context: NeighborContext,
): Promise<NeighborOutcome> {
  const name = textOf(input, "ServerCertificateName");
  const found = await findByName(name, context);
  const tags = found && (await context.control.store.resources.tags(found.kind, found.account, found.id));
  if (tags === undefined) return absent(name);
  const page = cutPage(tags, ({ Key }) => Key, {
    marker: textOf(input, "Marker"),
    maxItems: Number(input["MaxItems"] ?? PAGE_DEFAULT),
  });
  if (page === undefined) return invalidMarker();
  return {
    kind: "ok",
    output: {
      IsTruncated: page.marker !== undefined,
      ...(page.marker === undefined ? {} : { Marker: page.marker }),
      Tags: page.items.map(({ Key, Value }) => ({ Key, Value })),
    },
  };
}
