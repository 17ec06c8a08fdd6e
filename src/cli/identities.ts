// `identities`: who the edge can be to a bucket, in the words of its policy, and which distributions are it; and letting one in.

import { nearest, type Settings } from "../service/settings.ts";
import type { WireDocument } from "../wire/shape.ts";
import type { Arguments } from "./arguments.ts";
import { openBuckets } from "./ask-buckets.ts";
import { listAll, newReference, openApi, textOf, type CallApi } from "./call-api.ts";
import { listDistributions, type ListedDistribution } from "./distribution-list.ts";
import { formatTable } from "./format-table.ts";
import { controlStatement, grantBucket, identityPrincipal, identityStatement } from "./grant-bucket.ts";
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

type Action = (given: Arguments, operands: readonly string[], opened: Opened) => Promise<number>;

interface Opened {
  readonly settings: Settings;
  readonly callApi: CallApi;
}

const ACTIONS: Readonly<Record<string, { readonly words: number; readonly wants: string; readonly run: Action }>> = {
  list: { words: 0, wants: "no more words", run: list },
  create: { words: 0, wants: "flags only", run: create },
  delete: { words: 1, wants: "the id of an identity or access control", run: remove },
  grant: { words: 2, wants: "the id of an identity or access control, and a bucket", run: grant },
};

export async function identities(given: Arguments, settings: Settings): Promise<number> {
  const [name = "list", ...operands] = given.operands;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) {
    return refuse(`identities takes one of ${Object.keys(ACTIONS).join(", ")}, found ${JSON.stringify(name)}`, 2);
  }
  if (operands.length !== action.words) {
    return refuse(`identities ${name} takes ${action.wants}, found ${JSON.stringify(operands.join(" "))}`, 2);
  }
  return action.run(given, operands, { settings, callApi: await openApi(given, settings) });
}

type AllOutcome =
  | {
      readonly kind: "ok";
      readonly all: readonly ListedIdentity[];
      readonly distributions: readonly ListedDistribution[];
    }
  | { readonly kind: "failure"; readonly message: string };

async function listIdentities(callApi: CallApi): Promise<AllOutcome> {
  const own = await listAll(callApi, "ListCloudFrontOriginAccessIdentities", "CloudFrontOriginAccessIdentityList");
  if (own.kind === "failure") return own;
  const controls = await listAll(callApi, "ListOriginAccessControls", "OriginAccessControlList");
  if (controls.kind === "failure") return controls;
  const used = await listDistributions(callApi);
  if (used.kind === "failure") return used;
  const { distributions } = used;
  const all = [
    ...own.items.map((item) => readIdentity(item, distributions)),
    ...controls.items.map((item) => readControl(item, distributions)),
  ];
  return { kind: "ok", all, distributions };
}

async function list(given: Arguments, _: readonly string[], { callApi }: Opened): Promise<number> {
  const outcome = await listIdentities(callApi);
  if (outcome.kind === "failure") return refuse(outcome.message);
  const { all } = outcome;
  if (given.flags.has("--json")) {
    process.stdout.write(`${JSON.stringify(all, undefined, 2)}\n`);
    return 0;
  }
  if (all.length === 0) {
    process.stderr.write(
      "There are no origin access identities and no origin access controls yet: warmfront identities create\n",
    );
    return 0;
  }
  const rows = all.map(({ id, kind, name, principal, usedBy }) => [id, kind, name, principal, usedBy.join(", ")]);
  process.stdout.write(formatTable(HEADINGS, rows));
  return 0;
}

async function create({ flags }: Arguments, _: readonly string[], { callApi }: Opened): Promise<number> {
  const control = flags.get("--control")?.at(-1);
  if (control !== undefined) {
    const made = await callApi("CreateOriginAccessControl", {
      OriginAccessControlConfig: {
        Name: control,
        Description: flags.get("--comment")?.at(-1) ?? "",
        SigningProtocol: "sigv4",
        SigningBehavior: "always",
        OriginAccessControlOriginType: "s3",
      },
    });
    if (made.kind === "failure") return refuse(made.message);
    process.stdout.write(`${textOf(made.output["OriginAccessControl"] as WireDocument, "Id")}\n`);
    return 0;
  }
  const made = await createIdentity(flags.get("--comment")?.at(-1) ?? "", callApi);
  if (made.kind === "failure") return refuse(made.message);
  process.stdout.write(`${made.id}\n`);
  return 0;
}

export async function createIdentity(
  comment: string,
  callApi: CallApi,
): Promise<{ readonly kind: "ok"; readonly id: string } | { readonly kind: "failure"; readonly message: string }> {
  const made = await callApi("CreateCloudFrontOriginAccessIdentity", {
    CloudFrontOriginAccessIdentityConfig: { CallerReference: newReference(), Comment: comment },
  });
  if (made.kind === "failure") return made;
  return { kind: "ok", id: textOf(made.output["CloudFrontOriginAccessIdentity"] as WireDocument, "Id") };
}

async function remove(_: Arguments, [id = ""]: readonly string[], { callApi }: Opened): Promise<number> {
  const found = await findIdentity(id, callApi);
  if (found.kind === "failure") return refuse(found.message);
  const noun = found.identity.kind === "identity" ? "CloudFrontOriginAccessIdentity" : "OriginAccessControl";
  const now = await callApi(`Get${noun}`, { Id: id });
  if (now.kind === "failure") return refuse(now.message);
  const gone = await callApi(`Delete${noun}`, { Id: id, IfMatch: textOf(now.output, "ETag") });
  if (gone.kind === "ok") return 0;
  const { usedBy } = found.identity;
  return refuse(`${gone.message}${usedBy.length > 0 ? ` (used by ${usedBy.join(", ")})` : ""}`);
}

async function grant(
  given: Arguments,
  [id = "", bucket = ""]: readonly string[],
  { callApi, settings }: Opened,
): Promise<number> {
  const found = await findIdentity(id, callApi);
  if (found.kind === "failure") return refuse(found.message);
  const { identity, distributions } = found;
  const users = distributions.filter((each) => identity.usedBy.includes(each.id)).map(({ arn }) => arn);
  if (identity.kind === "control" && users.length === 0) {
    return refuse(`no distribution uses the access control ${id} yet, and a bucket's policy names distributions`);
  }
  const statement = identity.kind === "identity" ? identityStatement(id, bucket) : controlStatement(users, bucket);
  const outcome = await grantBucket(bucket, statement, await openBuckets(given, settings));
  if (outcome.kind === "failure") return refuse(outcome.message);
  process.stdout.write(
    `${id} ${outcome.kind === "granted" ? "may now" : "could already"} read the objects of ${bucket}\n`,
  );
  return 0;
}

async function findIdentity(
  id: string,
  callApi: CallApi,
): Promise<
  | { readonly kind: "ok"; readonly identity: ListedIdentity; readonly distributions: readonly ListedDistribution[] }
  | { readonly kind: "failure"; readonly message: string }
> {
  const outcome = await listIdentities(callApi);
  if (outcome.kind === "failure") return outcome;
  const { all, distributions } = outcome;
  const identity = all.find((each) => each.id === id);
  if (identity !== undefined) return { kind: "ok", identity, distributions };
  const near = nearest(
    id,
    all.map((each) => each.id),
  );
  const guess = near === undefined ? "" : `; did you mean ${near}?`;
  return {
    kind: "failure",
    message: `${JSON.stringify(id)} is no identity or access control of yours${guess} (warmfront identities lists all)`,
  };
}

function readIdentity(item: WireDocument, distributions: readonly ListedDistribution[]): ListedIdentity {
  const id = textOf(item, "Id");
  return {
    id,
    kind: "identity",
    name: textOf(item, "Comment"),
    principal: identityPrincipal(id),
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
