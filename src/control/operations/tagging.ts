/**
 * GET /tagging?Resource= [CFAPI ListTagsForResource], POST /tagging?Operation=Tag [CFAPI TagResource] and
 * POST /tagging?Operation=Untag [CFAPI UntagResource]. Tags do not change a resource's revision or status.
 */
import { acceptTagKeys, acceptTags } from "../../model/accept-config.ts";
import { fail, type ApiFailure } from "../../model/errors.ts";
import type { Tag } from "../../store/tags.ts";
import { parseResourceId, type ResourceId } from "../../vocabulary/ids.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { ok, type OperationContext, type Outcome, textOf } from "../context.ts";
import { isFailure } from "../resource-operations.ts";

interface Tagged {
  readonly kind: "distribution" | "streaming-distribution";
  readonly id: ResourceId;
}

/** Only distributions of both kinds take tags. Another account's ARN is refused as the real service refuses it. */
function readArn(input: WireDocument, context: OperationContext): Tagged | ApiFailure {
  const arn = textOf(input, "Resource");
  const match = /^arn:aws:cloudfront:([^:]*):(\d{12}):(distribution|streaming-distribution)\/([^/]+)$/.exec(arn);
  if (match === null) {
    return fail(
      "InvalidArgument",
      `The parameter Resource is not the ARN of something that has tags: expected arn:aws:cloudfront::ACCOUNT:distribution/ID or arn:aws:cloudfront::ACCOUNT:streaming-distribution/ID, found ${JSON.stringify(arn.slice(0, 200))}.`,
    );
  }
  const [, region, account, kind, rest] = match;
  if (region !== "") return fail("InvalidArgument", `Invalid region (received: ${region}, expected empty)`);
  const id = parseResourceId(rest ?? "");
  if (account !== context.caller.account || id === undefined) return fail("NoSuchResource");
  return { kind: kind === "distribution" ? "distribution" : "streaming-distribution", id };
}

export async function listTagsForResource(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const tagged = readArn(input, context);
  if (isFailure(tagged)) return tagged;
  const tags = await context.control.store.resources.tags(tagged.kind, context.caller.account, tagged.id);
  return tags === undefined ? fail("NoSuchResource") : ok({ Tags: { Items: tags.map((tag) => ({ ...tag })) } });
}

export async function tagResource(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const accepted = acceptTags(input["Tags"] as WireDocument, context.control.limits);
  return isFailure(accepted) ? accepted : change(input, { put: accepted.tags, remove: [] }, context);
}

export async function untagResource(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const accepted = acceptTagKeys(input["TagKeys"] as WireDocument);
  return isFailure(accepted) ? accepted : change(input, { put: [], remove: accepted.keys }, context);
}

async function change(
  input: WireDocument,
  changes: { readonly put: readonly Tag[]; readonly remove: readonly string[] },
  context: OperationContext,
): Promise<Outcome> {
  const tagged = readArn(input, context);
  if (isFailure(tagged)) return tagged;
  const { store, limits } = context.control;
  const outcome = await store.resources.changeTags(tagged.kind, context.caller.account, tagged.id, {
    ...changes,
    tagsMax: limits.tagsPerResourceMax,
  });
  switch (outcome.kind) {
    case "changed":
      return ok({});
    case "absent":
      return fail("NoSuchResource");
    case "over-limit":
      return fail("InvalidTagging", `A resource can have at most ${limits.tagsPerResourceMax} tags.`);
  }
}
