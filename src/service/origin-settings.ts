// Settings about origins that are more than a value: they are read, and held against what they must be, at start.

import { X509Certificate } from "node:crypto";
import { Resolver } from "node:dns";
import { readFileSync } from "node:fs";
import type { EdgeSettings } from "../edge/edge-settings.ts";
import type { Settings } from "./settings.ts";

export type OriginSettings =
  | { readonly kind: "ok"; readonly settings: Pick<EdgeSettings, "nameServers" | "originAuthorities"> }
  | { readonly kind: "failure"; readonly message: string };

export function readOriginSettings(
  settings: Pick<Settings, "originNameServers" | "originAuthorities">,
): OriginSettings {
  const nameServers = settings.originNameServers === "" ? undefined : settings.originNameServers.split(",");
  const unfit = nameServers?.find((address) => !isNameServer(address));
  if (unfit !== undefined) {
    return { kind: "failure", message: `originNameServers: ${unfit} is not an address, with or without a port` };
  }
  const path = settings.originAuthorities;
  if (path === "") return { kind: "ok", settings: nameServers === undefined ? {} : { nameServers } };
  const read = readCertificates(path);
  if (typeof read === "string") return { kind: "failure", message: `originAuthorities: ${read}` };
  return { kind: "ok", settings: { ...(nameServers !== undefined && { nameServers }), originAuthorities: read } };
}

/** The resolver itself says so: what it does not take would stop the edge later. */
function isNameServer(address: string): boolean {
  try {
    new Resolver().setServers([address]);
    return true;
  } catch {
    return false;
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** The certificates, or what is wrong with the file. */
function readCertificates(path: string): readonly string[] | string {
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch (error) {
    return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) return `${path} has no certificate in PEM`;
  for (const [index, pem] of found.entries()) {
    if (!isCertificate(pem)) return `certificate ${index + 1} of ${path} cannot be read`;
  }
  return found;
}
