// The authority of this installation: a root and the certificate for `*.<suffix>` that it signs, in the data directory,
// made when they are missing and renewed before they expire. A suffix has a folder of its own, since a root is only good
// for one: who changes the suffix and back finds the root again that browsers were told to trust.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { addSeconds, epochMs, seconds, type Clock, type EpochMs } from "../vocabulary/time.ts";
import type { MadeCertificate } from "./make-certificate.ts";

export interface LocalAuthority {
  /** What has to be trusted, in PEM: the file, and its content. */
  readonly rootFile: string;
  readonly root: string;
  /** For `*.<suffix>` and `<suffix>`. */
  readonly leaf: MadeCertificate;
  /** A root was there and could not be used on: whoever trusts it does not trust this one yet. */
  readonly isRootReplaced: boolean;
}

const DAY = 86_400;
const ROOT_SECONDS = seconds(3650 * DAY);
/** Browsers take no leaf for longer than 398 days. */
const LEAF_SECONDS = seconds(397 * DAY);
const LEAF_RENEWED_SECONDS = seconds(30 * DAY);
/** Clocks of viewers may be late. */
const BACKDATED_SECONDS = seconds(-3600);
/** How long another process may take to make it. */
const OTHERS_SECONDS = 20;

/** The file that holds the root of `suffix`, whether it is there already or not. */
export function rootFileOf(dataDirectory: string, suffix: string): string {
  return join(resolve(dataDirectory), "authority", suffix, "root.pem");
}

/**
 * Reads what is there, makes what is missing, broken or about to expire. To be called again now and then. What is made is good by
 * both clocks, where served time was moved: viewers hold it against the machine's.
 */
export async function openLocalAuthority(
  dataDirectory: string,
  suffix: string,
  clock: Clock,
  machineClock = clock,
): Promise<LocalAuthority> {
  const rootFile = rootFileOf(dataDirectory, suffix);
  const folder = join(rootFile, "..");
  const files = {
    root: { certificate: rootFile, key: join(folder, "root.key") },
    leaf: { certificate: join(folder, "leaf.pem"), key: join(folder, "leaf.key") },
  };
  const times = [clock.now(), machineClock.now()];
  const [first, now] = [epochMs(Math.min(...times)), epochMs(Math.max(...times))];
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // A root that ends before a leaf made now would take it along.
    const findRoot = (): MadeCertificate | undefined => readPair(files.root, addSeconds(now, LEAF_SECONDS));
    const find = (): LocalAuthority | undefined => {
      const root = findRoot();
      const leaf = root && readPair(files.leaf, addSeconds(now, LEAF_RENEWED_SECONDS), root.certificate, suffix);
      return root && leaf && { rootFile, root: root.certificate, leaf, isRootReplaced: false };
    };
    const found = find();
    if (found !== undefined) return found;
    // Every worker comes here in a first start, and all have to show the same.
    const { holdWhenFree } = await import("./data-directory.ts");
    const hold = await holdWhenFree(folder, "authority.lock", OTHERS_SECONDS);
    if (hold.kind === "failure") throw new Error(hold.message);
    try {
      const made = find();
      if (made !== undefined) return made;
      const { makeRoot, makeLeaf } = await import("./make-certificate.ts");
      const from = addSeconds(first, BACKDATED_SECONDS);
      const foundRoot = findRoot();
      const root = foundRoot ?? makeRoot(suffix, { from, to: addSeconds(now, ROOT_SECONDS) });
      const isRootReplaced = foundRoot === undefined && existsSync(rootFile);
      if (foundRoot === undefined) writePair(files.root, root);
      const leaf = makeLeaf(
        [`*.${suffix}`, suffix],
        { from, to: addSeconds(now, seconds(LEAF_SECONDS + BACKDATED_SECONDS)) },
        root,
      );
      writePair(files.leaf, leaf);
      return { rootFile, root: root.certificate, leaf, isRootReplaced };
    } finally {
      hold.release();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the local certificate authority in ${folder} cannot be used: ${why}`, { cause: error });
  }
}

export interface PairFiles {
  readonly certificate: string;
  readonly key: string;
}

/** `undefined`: not there, not whole, or not good until then. A file that is there and may not be read is an error. */
export function readPair(
  files: PairFiles,
  goodUntil: EpochMs,
  issuer?: string,
  suffix?: string,
): MadeCertificate | undefined {
  const certificate = readIfThere(files.certificate);
  const key = readIfThere(files.key);
  if (certificate === undefined || key === undefined) return undefined;
  try {
    const read = new X509Certificate(certificate);
    const isGood =
      read.checkPrivateKey(createPrivateKey(key)) &&
      epochMs(read.validToDate.getTime()) > goodUntil &&
      (issuer === undefined || isIssuedBy(read, issuer)) &&
      (suffix === undefined || read.checkHost(suffix) !== undefined);
    return isGood ? { certificate, key } : undefined;
  } catch {
    return undefined; // cut off in mid-write, or edited: as good as absent
  }
}

function isIssuedBy(certificate: X509Certificate, issuer: string): boolean {
  const root = new X509Certificate(issuer);
  return certificate.checkIssued(root) && certificate.verify(root.publicKey);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The key first: a certificate whose key is another's is made again, as long as nobody has been told to trust it. */
export function writePair(files: PairFiles, made: MadeCertificate): void {
  writeWhole(files.key, made.key, 0o600);
  writeWhole(files.certificate, made.certificate, 0o644);
}

function writeWhole(path: string, content: string, mode: number): void {
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, content, { mode });
  renameSync(unfinished, path);
}
