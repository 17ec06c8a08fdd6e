// `buckets`: the buckets of the caller's account, over S3's API. What goes up is in upload.ts, policies and websites are in
// bucket-settings.ts. Each action is a row; what it takes is said by its row in verbs.ts.

import { createHash } from "node:crypto";
import type { Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";
import { openBuckets, readPlace, xmlText, type AskBuckets } from "./ask-buckets.ts";
import { firstVersions, listBuckets, listObjects, type ListedVersion } from "./bucket-lists.ts";
import { policyAction, websiteAction } from "./bucket-settings.ts";
import { formatBytes } from "./format-bytes.ts";
import { formatTable } from "./format-table.ts";
import { openProgress } from "./progress.ts";
import { refuse } from "./refuse.ts";
import { copyUp, syncUp } from "./upload.ts";

type Action = (given: Arguments, operands: readonly string[], ask: AskBuckets) => Promise<number>;

/** Each action: how many words it takes, and what they are. */
const ACTIONS: Readonly<
  Record<string, { readonly words: readonly [number, number]; readonly wants: string; readonly run: Action }>
> = {
  list: { words: [0, 0], wants: "no more words", run: list },
  create: { words: [1, 1], wants: "the name of a bucket", run: create },
  delete: { words: [1, 1], wants: "the name of a bucket", run: remove },
  ls: { words: [1, 1], wants: "a bucket, and what the keys begin with: BUCKET/PREFIX", run: listKeys },
  cp: { words: [2, 2], wants: "a file or folder, and where to put it: BUCKET/KEY", run: copyUp },
  sync: { words: [2, 2], wants: "a folder, and where to put it: BUCKET/PREFIX", run: syncUp },
  policy: { words: [2, 3], wants: "get BUCKET, put BUCKET FILE, or delete BUCKET", run: policyAction },
  website: { words: [2, 2], wants: "get, put or delete, and a bucket", run: websiteAction },
};

export async function buckets(given: Arguments, settings: Settings): Promise<number> {
  const [name = "list", ...operands] = given.operands;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) {
    return refuse(`buckets takes one of ${Object.keys(ACTIONS).join(", ")}, found ${JSON.stringify(name)}`, 2);
  }
  const [least, most] = action.words;
  if (operands.length < least || operands.length > most) {
    return refuse(`buckets ${name} takes ${action.wants}, found ${JSON.stringify(operands.join(" "))}`, 2);
  }
  return action.run(given, operands, await openBuckets(given, settings));
}

async function list(given: Arguments, _: readonly string[], ask: AskBuckets): Promise<number> {
  const outcome = await listBuckets(ask);
  if (outcome.kind === "failure") return refuse(outcome.message);
  if (given.flags.has("--json")) {
    process.stdout.write(`${JSON.stringify(outcome.buckets, undefined, 2)}\n`);
  } else if (outcome.buckets.length === 0) {
    process.stderr.write("There are no buckets yet: warmfront buckets create NAME\n");
  } else {
    const rows = outcome.buckets.map(({ name, createdAt }) => [name, createdAt]);
    process.stdout.write(formatTable(["NAME", "CREATED"], rows));
  }
  return 0;
}

async function create(_: Arguments, [bucket = ""]: readonly string[], ask: AskBuckets): Promise<number> {
  const answer = await ask({ method: "PUT", bucket });
  if (answer.kind === "failure") return refuse(`${bucket}: ${answer.message}`);
  process.stdout.write(`${bucket}\n`);
  return 0;
}

async function remove(given: Arguments, [bucket = ""]: readonly string[], ask: AskBuckets): Promise<number> {
  let removed = 0;
  if (given.flags.has("--with-objects")) {
    const progress = openProgress();
    for (let before = ""; ;) {
      const found = await firstVersions(bucket, ask);
      if (found.kind === "failure") return refuse(`${bucket}: ${found.message}`);
      if (found.versions.length === 0) break;
      const first = JSON.stringify(found.versions[0]);
      if (first === before) return refuse(`${bucket}: ${first} was removed and is there still`);
      before = first;
      const trouble = await removeVersions(bucket, found.versions, ask);
      if (trouble !== undefined) return refuse(`${bucket}: ${trouble}`);
      removed += found.versions.length;
      progress.show(`${removed} objects removed`);
    }
    progress.clear();
  }
  const answer = await ask({ method: "DELETE", bucket });
  if (answer.kind === "failure") {
    if (answer.code !== "BucketNotEmpty") return refuse(`${bucket}: ${answer.message}`);
    return refuse(`${bucket} is not empty: with --with-objects its objects and versions go, too`);
  }
  process.stdout.write(`${bucket} is gone${removed > 0 ? `, with ${removed} objects` : ""}\n`);
  return 0;
}

/** Why one of them could not be removed, if so. */
async function removeVersions(
  bucket: string,
  versions: readonly ListedVersion[],
  ask: AskBuckets,
): Promise<string | undefined> {
  const batch = versions.filter(({ key }) => !isUnwritable(key));
  if (batch.length > 0) {
    const objects = batch.map(
      ({ key, versionId }) => `<Object><Key>${xmlText(key)}</Key><VersionId>${xmlText(versionId)}</VersionId></Object>`,
    );
    const body = `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${objects.join("")}</Delete>`;
    const digest = createHash("md5").update(body).digest("base64"); // asked for by the API [S3API DeleteObjects]
    const answer = await ask({
      method: "POST",
      bucket,
      query: { delete: "" },
      fields: [
        ["Content-Type", "application/xml"],
        ["Content-MD5", digest],
      ],
      body,
    });
    if (answer.kind === "failure") return answer.message;
    const refused = /<Error>.*?<Message>(.*?)<\/Message>/s.exec(answer.text)?.[1];
    if (refused !== undefined) return refused;
  }
  for (const { key, versionId } of versions.filter((each) => isUnwritable(each.key))) {
    const answer = await ask({ method: "DELETE", bucket, key, query: { versionId } });
    if (answer.kind === "failure") return answer.message;
  }
  return undefined;
}

/** Of a key: what XML cannot say in any way, not even escaped. */
function isUnwritable(key: string): boolean {
  return Array.from(key).some((sign) => sign < " " || sign === "\ufffe" || sign === "\uffff");
}

async function listKeys(given: Arguments, [where = ""]: readonly string[], ask: AskBuckets): Promise<number> {
  const { bucket, key: prefix } = readPlace(where);
  const asJson = given.flags.has("--json");
  let [count, bytes] = [0, 0];
  if (asJson) process.stdout.write("[");
  for await (const page of listObjects(bucket, prefix, ask)) {
    if ("kind" in page) return refuse(`${bucket}: ${page.message}`);
    const lines = page.map((each, at) =>
      asJson
        ? `${count + at > 0 ? "," : ""}\n  ${JSON.stringify(each)}`
        : `${each.modifiedAt}  ${String(each.bytes).padStart(12)}  ${each.key}\n`,
    );
    if (!process.stdout.write(lines.join(""))) {
      await new Promise((resolve) => process.stdout.once("drain", resolve));
    }
    count += page.length;
    bytes += page.reduce((sum, each) => sum + each.bytes, 0);
  }
  if (asJson) process.stdout.write(`${count > 0 ? "\n" : ""}]\n`);
  else process.stderr.write(`${count} ${count === 1 ? "object" : "objects"}, ${formatBytes(bytes)}\n`);
  return 0;
}
