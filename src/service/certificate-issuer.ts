// The authority behind ACM's RequestCertificate: a second root of the installation's, in the data directory, made when the
// first certificate is requested. Other than the one for the edge's own names it signs for any name, so nobody is asked to
// trust it; whoever does lets this installation pass for every site. [D-0019]

import { generateKeyPair } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { IssueCertificate } from "../control/context.ts";
import type { KeyAlgorithm } from "../model/read-certificate.ts";
import { addSeconds, epochMs, seconds, type Clock, type EpochMs } from "../vocabulary/time.ts";
import { readPair, writePair } from "./local-authority.ts";
import type { KeyPair, MadeCertificate } from "./make-certificate.ts";

const DAY = 86_400;
const ROOT_SECONDS = seconds(3650 * DAY);
/** As ACM's own: thirteen months. [ACMUG managed-renewal] */
const LEAF_SECONDS = seconds(395 * DAY);
/** Clocks of viewers may be late. */
const BACKDATED_SECONDS = seconds(-3600);

const generate = promisify(generateKeyPair);

/** The file that holds the root, whether it is there already or not. */
function requestedRootFileOf(dataDirectory: string): string {
  return join(resolve(dataDirectory), "authority", "requested", "root.pem");
}

/** The root is read again for each certificate: they are few, and its key is not kept in memory. */
export function openCertificateIssuer(dataDirectory: string, machineClock: Clock): IssueCertificate {
  return async (names, keyAlgorithm, now) => {
    const { makeLeafFor } = await import("./make-certificate.ts");
    const keys = await generateKeys(keyAlgorithm);
    // Viewers hold it against the machine's time, also where it is made because served time was moved.
    const first = epochMs(Math.min(now, machineClock.now()));
    const root = await openRoot(dataDirectory, now, first);
    const lifespan = {
      from: addSeconds(first, BACKDATED_SECONDS),
      to: addSeconds(now, seconds(LEAF_SECONDS + BACKDATED_SECONDS)),
    };
    const leaf = makeLeafFor(keys, names, lifespan, root);
    return { certificate: leaf.certificate, chain: root.certificate, key: leaf.key };
  };
}

async function openRoot(dataDirectory: string, now: EpochMs, first: EpochMs): Promise<MadeCertificate> {
  const certificate = requestedRootFileOf(dataDirectory);
  const folder = join(certificate, "..");
  const files = { certificate, key: join(folder, "root.key") };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { makeRoot } = await import("./make-certificate.ts");
  // A root that ends before a leaf made now would take it along. From here on nothing waits: no two roots are made at once.
  const found = readPair(files, addSeconds(now, LEAF_SECONDS));
  if (found !== undefined) return found;
  const from = addSeconds(first, BACKDATED_SECONDS);
  const made = makeRoot(undefined, { from, to: addSeconds(now, ROOT_SECONDS) });
  writePair(files, made);
  return made;
}

function generateKeys(keyAlgorithm: KeyAlgorithm): Promise<KeyPair> {
  return keyAlgorithm.startsWith("EC_")
    ? generate("ec", { namedCurve: keyAlgorithm.slice("EC_".length) })
    : generate("rsa", { modulusLength: Number(keyAlgorithm.slice("RSA_".length)) });
}
