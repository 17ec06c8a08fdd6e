// `identities`: who the edge can be to a bucket, in the words of its policy, and which distributions are it.

import type { Settings } from "../service/settings.ts";
import type { WireDocument } from "../wire/shape.ts";
import type { Arguments } from "./arguments.ts";
import { listAll, openApi, textOf } from "./call-api.ts";
import { listDistributions, type ListedDistribution } from "./distribution-list.ts";
import { formatTable } from "./format-table.ts";
import { refuse } from "./refuse.ts";

const HEADINGS = ["ID", "KIND", "NAME", "PRINCIPAL", "USED BY"];

interface ListedIdentity {
  readonly id: string;
  readonly kind: "identity" | "control";
  /** An identity has a comment only, which is what people name it by. */
  readonly name: string;
  /** What a bucket's policy says for it. With a control it is the distribution that is named, in a condition. */
  readonly principal: string;
  readonly canonicalUserId?: string;
  readonly usedBy: readonly string[];
}

export async function identities(given: Arguments, settings: Settings): Promise<number> {
  if (given.operands.length > 0) {
    return refuse(`identities takes flags only, found ${JSON.stringify(given.operands.join(" "))}`, 2);
  }
  const callApi = await openApi(given, settings);
  const own = await listAll(callApi, "ListCloudFrontOriginAccessIdentities", "CloudFrontOriginAccessIdentityList");
  if (own.kind === "failure") return refuse(own.message);
  const controls = await listAll(callApi, "ListOriginAccessControls", "OriginAccessControlList");
  if (controls.kind === "failure") return refuse(controls.message);
  const used = await listDistributions(callApi);
  if (used.kind === "failure") return refuse(used.message);
  const all = [
    ...own.items.map((item) => readIdentity(item, used.distributions)),
    ...controls.items.map((item) => readControl(item, used.distributions)),
  ];
  if (given.flags.has("--json")) {
    process.stdout.write(`${JSON.stringify(all, undefined, 2)}\n`);
    return 0;
  }
  if (all.length === 0) {
    process.stderr.write("There are no origin access identities and no origin access controls yet\n");
    return 0;
  }
  const rows = all.map(({ id, kind, name, principal, usedBy }) => [id, kind, name, principal, usedBy.join(", ")]);
  process.stdout.write(formatTable(HEADINGS, rows));
  return 0;
}

function readIdentity(item: WireDocument, distributions: readonly ListedDistribution[]): ListedIdentity {
  const id = textOf(item, "Id");
  return {
    id,
    kind: "identity",
    name: textOf(item, "Comment"),
    principal: `arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ${id}`,
    canonicalUserId: textOf(item, "S3CanonicalUserId"),
    usedBy: usersOf(id, distributions),
  };
}

function readControl(item: WireDocument, distributions: readonly ListedDistribution[]): ListedIdentity {
  const id = textOf(item, "Id");
  return {
    id,
    kind: "control",
    name: textOf(item, "Name"),
    principal: "cloudfront.amazonaws.com",
    usedBy: usersOf(id, distributions),
  };
}

function usersOf(id: string, distributions: readonly ListedDistribution[]): readonly string[] {
  return distributions.filter(({ origins }) => origins.some(({ identity }) => identity === id)).map((each) => each.id);
}
