// `buckets cp` and `buckets sync`: files of this machine become objects, a few at a time, each as a stream. What sync finds to be
// there already, by size and MD5, it leaves alone. Stops at the first failure: what is up by then stays, and may be gone on from.

import { createHash } from "node:crypto";
import { createReadStream, readdirSync, statSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import type { SignedField } from "../wire/canonical-request.ts";
import type { Arguments } from "./arguments.ts";
import { readPlace, REQUESTS_AT_ONCE, type AskBuckets } from "./ask-buckets.ts";
import { listObjects } from "./bucket-lists.ts";
import { contentTypeOf } from "./content-types.ts";
import { formatBytes } from "./format-bytes.ts";
import { openProgress } from "./progress.ts";
import { refuse } from "./refuse.ts";

/** Keys and the files that are to be there. */
type Files = Map<string, string>;

export async function copyUp(
  given: Arguments,
  [from = "", to = ""]: readonly string[],
  ask: AskBuckets,
): Promise<number> {
  const { bucket, key } = readPlace(to);
  const found = findFiles(from, key);
  if (typeof found === "string") return refuse(found);
  return upload(found, { bucket, given, before: "" }, ask);
}

/** Makes what lies below the prefix equal to the folder; what is there and not in the folder stays, unless told otherwise. */
export async function syncUp(
  given: Arguments,
  [from = "", to = ""]: readonly string[],
  ask: AskBuckets,
): Promise<number> {
  const { bucket, key } = readPlace(to);
  const prefix = key === "" || key.endsWith("/") ? key : `${key}/`;
  const found = findFiles(from, prefix);
  if (typeof found === "string") return refuse(found);
  if (!statSync(from).isDirectory()) return refuse(`${from} is not a folder: for one file there is buckets cp`, 2);
  let [same, removed] = [0, 0];
  const surplus: string[] = [];
  for await (const page of listObjects(bucket, prefix, ask)) {
    if ("kind" in page) return refuse(`${bucket}: ${page.message}`);
    for (const object of page) {
      const path = found.get(object.key);
      if (path === undefined) {
        if (given.flags.has("--delete")) surplus.push(object.key);
      } else if (statSync(path).size === object.bytes && (await hashFile(path)).md5 === object.entityTag) {
        found.delete(object.key);
        same++;
      }
    }
  }
  const before = same > 0 ? `${same} unchanged, ` : "";
  const status = await upload(found, { bucket, given, before }, ask);
  if (status !== 0) return status;
  // Last, so that no page misses what it names for longer than it must.
  const trouble = await forEachAtOnce(surplus, async (name) => {
    const answer = await ask({ method: "DELETE", bucket, key: name });
    if (answer.kind === "failure") return `${bucket}/${name}: ${answer.message}`;
    removed++;
    return undefined;
  });
  if (removed > 0) process.stdout.write(`${removed} removed\n`);
  return trouble === undefined ? 0 : refuse(trouble);
}

/** The files of a folder below the prefix, or one file. Links are followed to files, not to folders, which may lead in circles. */
function findFiles(from: string, key: string): Files | string {
  try {
    if (!statSync(from).isDirectory()) {
      return new Map([[key === "" || key.endsWith("/") ? `${key}${basename(resolve(from))}` : key, from]]);
    }
    const prefix = key === "" || key.endsWith("/") ? key : `${key}/`;
    const files: Files = new Map();
    // Not by `recursive`, which follows links to folders, in circles, too.
    const folders = [from];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) folders.push(path);
        else if (entry.isFile() || (entry.isSymbolicLink() && statSync(path).isFile())) {
          files.set(`${prefix}${relative(from, path).replaceAll(sep, "/")}`, path);
        }
      }
    }
    return files;
  } catch (error) {
    return `cannot read ${from}: ${(error as Error).message}`;
  }
}

async function upload(
  files: Files,
  { bucket, given, before }: { readonly bucket: string; readonly given: Arguments; readonly before: string },
  ask: AskBuckets,
): Promise<number> {
  const progress = openProgress();
  const fixed = fieldsOf(given);
  if (typeof fixed === "string") return refuse(fixed, 2);
  let [count, bytes] = [0, 0];
  const trouble = await forEachAtOnce([...files], async ([key, path]) => {
    let body;
    try {
      const { sha256, bytes: size } = await hashFile(path);
      body = { path, bytes: size, sha256 };
    } catch (error) {
      return `cannot read ${path}: ${(error as Error).message}`;
    }
    const fields: readonly SignedField[] = given.flags.has("--content-type")
      ? fixed
      : [...fixed, ["Content-Type", contentTypeOf(path)]];
    const answer = await ask({ method: "PUT", bucket, key, fields, body });
    if (answer.kind === "failure") {
      const advice = answer.code === "EntityTooLarge" ? "; aws s3 cp sends a file of this size in parts" : "";
      return `${bucket}/${key}: ${answer.message}${advice}`;
    }
    count++;
    bytes += body.bytes;
    progress.show(`${count} of ${files.size} files, ${formatBytes(bytes)}`);
    return undefined;
  });
  progress.clear();
  if (trouble !== undefined) {
    return refuse(`${trouble}; ${count} of ${files.size} files were uploaded`);
  }
  process.stdout.write(
    `${bucket}: ${before}${count} ${count === 1 ? "file" : "files"} uploaded, ${formatBytes(bytes)}\n`,
  );
  return 0;
}

/** What the flags say of every file, or what is wrong with it. */
function fieldsOf({ flags }: Arguments): readonly SignedField[] | string {
  const fields: SignedField[] = [];
  for (const [flag, name] of [
    ["--cache-control", "Cache-Control"],
    ["--content-type", "Content-Type"],
  ] as const) {
    const value = flags.get(flag)?.at(-1);
    if (value === undefined) continue;
    if (!/^[!-~](?:[ -~]*[!-~])?$/.test(value))
      return `${flag} is the value of a field, found ${JSON.stringify(value)}`;
    fields.push([name, value]);
  }
  return fields;
}

interface HashedFile {
  readonly bytes: number;
  readonly sha256: string;
  readonly md5: string;
}

/** Throws what the disk says. */
async function hashFile(path: string): Promise<HashedFile> {
  const [sha256, md5] = [createHash("sha256"), createHash("md5")];
  let bytes = 0;
  for await (const piece of createReadStream(path)) {
    sha256.update(piece as Buffer);
    md5.update(piece as Buffer);
    bytes += (piece as Buffer).length;
  }
  return { bytes, sha256: sha256.digest("hex"), md5: md5.digest("hex") };
}

/** A few at a time; the first sentence that one answers with ends it, when those that are under way are done. */
async function forEachAtOnce<Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<string | undefined>,
): Promise<string | undefined> {
  let next = 0;
  let trouble: string | undefined;
  const work = async (): Promise<void> => {
    while (trouble === undefined && next < items.length) {
      const said = await act(items[next++] as Item);
      trouble ??= said;
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, work));
  return trouble;
}
