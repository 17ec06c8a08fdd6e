// The certificates of the bench: one on P-256 and one with RSA 2048, shown by the edge and by nginx alike.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeLeaf, makeRoot } from "../../src/service/make-certificate.ts";
import { addSeconds, seconds, systemClock } from "../../src/vocabulary/time.ts";

export const KEY_KINDS = ["ecdsa", "rsa"] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** The host that shows the certificate of the kind. */
export function hostOf(kind: KeyKind): string {
  return `${kind}.bench.example`;
}

/** Who owns the distributions of the bench. */
const ACCOUNT = "000000000000";

export interface BenchCertificates {
  /** As `--certificates-dir` wants it. */
  readonly folder: string;
  readonly pem: Readonly<Record<KeyKind, string>>;
  readonly key: Readonly<Record<KeyKind, string>>;
}

export function writeCertificates(folder: string): BenchCertificates {
  const now = systemClock.now();
  const lifespan = { from: addSeconds(now, seconds(-3600)), to: addSeconds(now, seconds(86_400)) };
  const root = makeRoot("example", lifespan);
  mkdirSync(join(folder, ACCOUNT));
  const pem = {} as Record<KeyKind, string>;
  const key = {} as Record<KeyKind, string>;
  for (const kind of KEY_KINDS) {
    const made = makeLeaf([hostOf(kind)], lifespan, root, kind === "rsa" ? "rsa" : "ec");
    pem[kind] = join(folder, ACCOUNT, `${kind}.pem`);
    key[kind] = join(folder, ACCOUNT, `${kind}.key`);
    writeFileSync(pem[kind], made.certificate);
    writeFileSync(key[kind], made.key);
  }
  return { folder, pem, key };
}
