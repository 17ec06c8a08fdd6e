// The operator's certificates for aliases: a folder with one folder per account in it, named by the account's id, and in
// that pairs of `<id>.pem` (or .crt) and `<id>.key`. What is faulty is told: it keeps a server from starting, and a part
// of it that is started again goes on without the faulty one, or an expiry would end the service.

import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readdirSync, readFileSync, type Dirent } from "node:fs";
import { extname, join, resolve } from "node:path";
import type { ViewerCertificate } from "../edge/transport/tls/tls-acceptor.ts";
import { parseAccountId, type AccountId } from "../vocabulary/ids.ts";
import type { Clock } from "../vocabulary/time.ts";

export interface CertificateFolder {
  /** Where two of an account name the same host, the one that lasts longer comes last. */
  readonly certificates: readonly ViewerCertificate[];
  /** For the operator, a sentence each. */
  readonly faults: readonly string[];
}

/** An empty setting is an empty folder. */
export function readCertificateFolder(setting: string, clock: Clock): CertificateFolder {
  if (setting === "") return { certificates: [], faults: [] };
  const folder = resolve(setting);
  const read: Read[] = [];
  const faults: string[] = [];
  const attempt: Attempt = (step) => {
    try {
      return step();
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      faults.push(`certificates: ${fault.message}; see --certificates-dir`);
      return undefined;
    }
  };
  for (const entry of attempt(() => list(folder)) ?? []) {
    const path = join(folder, entry.name);
    attempt(() => {
      const account = parseAccountId(entry.name);
      if (account === undefined || !entry.isDirectory()) {
        throw new Fault(`${path} is not a folder named by an account's id (twelve digits)`);
      }
      read.push(...readAccount(path, account, { clock, attempt }));
    });
  }
  const inOrder = read.toSorted((one, other) => one.endsAt - other.endsAt);
  return { certificates: inOrder.map(({ certificate }) => certificate), faults };
}

/** Goes on with `undefined` where an operator has to put something right. */
type Attempt = <T>(step: () => T) => T | undefined;

interface Read {
  readonly certificate: ViewerCertificate;
  readonly endsAt: number;
}

/** What an operator has to put right. */
class Fault extends Error {}

const CERTIFICATE_ENDINGS = [".pem", ".crt"];

function readAccount(
  folder: string,
  account: AccountId,
  { clock, attempt }: { readonly clock: Clock; readonly attempt: Attempt },
): Read[] {
  const names = list(folder).map(({ name }) => name);
  const read = new Map<string, Read>();
  for (const name of names) {
    attempt(() => {
      const ending = extname(name);
      const id = name.slice(0, name.length - ending.length);
      const path = join(folder, name);
      if (ending === ".key") {
        if (CERTIFICATE_ENDINGS.some((other) => names.includes(id + other))) return;
        throw new Fault(`${path} is a key without a certificate (${id}.pem) beside it`);
      }
      if (!CERTIFICATE_ENDINGS.includes(ending)) {
        throw new Fault(`${path} is neither a certificate (.pem, .crt) nor a key (.key)`);
      }
      if (!/^[\w.-]{1,128}$/.test(id)) {
        throw new Fault(`${path}: a certificate is called by letters, digits, dots, hyphens and underscores`);
      }
      if (read.has(id)) throw new Fault(`${path}: there is another certificate called ${id} beside it`);
      read.set(id, readPair(path, join(folder, `${id}.key`), { id, account }, clock));
    });
  }
  return [...read.values()];
}

function readPair(path: string, keyPath: string, whose: { id: string; account: AccountId }, clock: Clock): Read {
  const chain = readText(path);
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(chain);
  } catch {
    throw new Fault(`${path} is not a certificate in PEM`);
  }
  const key = readText(keyPath);
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(key);
  } catch {
    throw new Fault(`${keyPath} is not a private key in PEM, or is locked by a passphrase`);
  }
  if (!leaf.checkPrivateKey(privateKey)) throw new Fault(`the key ${keyPath} is not the one of ${path}`);
  const now = clock.now();
  const endsAt = leaf.validToDate.getTime();
  if (endsAt <= now) throw new Fault(`${path} has expired: it was good until ${leaf.validTo}`);
  if (leaf.validFromDate.getTime() > now) throw new Fault(`${path} is not good before ${leaf.validFrom}`);
  const names = [...(leaf.subjectAltName ?? "").matchAll(/DNS:([^,"\s]+)/g)].map(([, name = ""]) => name.toLowerCase());
  if (names.length === 0)
    throw new Fault(`${path} names no host (it has no DNS name among its subject alternative names)`);
  return { certificate: { ...whose, names, chain, key }, endsAt };
}

/** What begins with a dot belongs to some tool. */
function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith("."));
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Fault {
  const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "it is not there" : (error as Error).message;
  return new Fault(`${path} cannot be read: ${why}`);
}
