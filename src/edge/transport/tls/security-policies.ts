// The security policies of viewer connections: which TLS versions and ciphers each allows. One row per policy that a
// ViewerCertificate's MinimumProtocolVersion can name. [CFDG secure-connections-supported-viewer-protocols-ciphers]

import { constants } from "node:crypto";
import type { TlsOptions } from "node:tls";

// What no current TLS library speaks is left out of the rows: SSLv3 itself, and the ciphers RC4-MD5 and DES-CBC3-SHA. A
// policy that allows them is accepted, and viewers that know nothing newer get no connection.

const TLS13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

/** Below TLS 1.3, in the order in which the edge prefers them, and the youngest generation of policies that has each. */
const CIPHERS = [
  ["ECDHE-ECDSA-AES128-GCM-SHA256", 2025],
  ["ECDHE-ECDSA-AES128-SHA256", 2019],
  ["ECDHE-ECDSA-AES128-SHA", 2016],
  ["ECDHE-ECDSA-AES256-GCM-SHA384", 2025],
  ["ECDHE-ECDSA-CHACHA20-POLY1305", 2021],
  ["ECDHE-ECDSA-AES256-SHA384", 2019],
  ["ECDHE-ECDSA-AES256-SHA", 2016],
  ["ECDHE-RSA-AES128-GCM-SHA256", 2025],
  ["ECDHE-RSA-AES128-SHA256", 2019],
  ["ECDHE-RSA-AES128-SHA", 2016],
  ["ECDHE-RSA-AES256-GCM-SHA384", 2025],
  ["ECDHE-RSA-CHACHA20-POLY1305", 2021],
  ["ECDHE-RSA-AES256-SHA384", 2019],
  ["ECDHE-RSA-AES256-SHA", 2016],
  ["AES128-GCM-SHA256", 2018],
  ["AES256-GCM-SHA384", 2018],
  ["AES128-SHA256", 2018],
  ["AES256-SHA", 2016],
  ["AES128-SHA", 2016],
] as const;

interface SecurityPolicy {
  readonly minVersion: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
  /** In order of preference, those of TLS 1.3 first. */
  readonly ciphers: readonly string[];
}

function upTo(generation: number): readonly string[] {
  return [...TLS13, ...CIPHERS.filter(([, last]) => last >= generation).map(([name]) => name)];
}

export const SECURITY_POLICIES = {
  SSLv3: { minVersion: "TLSv1", ciphers: upTo(2016) },
  TLSv1: { minVersion: "TLSv1", ciphers: upTo(2016) },
  TLSv1_2016: { minVersion: "TLSv1", ciphers: upTo(2016) },
  "TLSv1.1_2016": { minVersion: "TLSv1.1", ciphers: upTo(2016) },
  "TLSv1.2_2018": { minVersion: "TLSv1.2", ciphers: upTo(2018) },
  "TLSv1.2_2019": { minVersion: "TLSv1.2", ciphers: upTo(2019) },
  "TLSv1.2_2021": { minVersion: "TLSv1.2", ciphers: upTo(2021) },
  "TLSv1.2_2025": { minVersion: "TLSv1.2", ciphers: upTo(2025) },
  // ChaCha20 is not in the newest copy of the table; an earlier one had it.
  "TLSv1.3_2025": { minVersion: "TLSv1.3", ciphers: TLS13.slice(0, 2) },
} as const satisfies Record<string, SecurityPolicy>;

export type SecurityPolicyName = keyof typeof SECURITY_POLICIES;

/** Of names that use the shared certificate of the edge. */
export const STANDARD_POLICY: SecurityPolicyName = "TLSv1";

export function isSecurityPolicyName(name: string): name is SecurityPolicyName {
  return Object.hasOwn(SECURITY_POLICIES, name);
}

/** What makes a TLS server hold to the policy. */
export function tlsOptionsOf(name: SecurityPolicyName): TlsOptions {
  const { minVersion, ciphers } = SECURITY_POLICIES[name];
  // OpenSSL speaks TLS 1.0 and 1.1 only at level 0, and shows certificates with RSA keys of 1024 bits, which CloudFront
  // takes, only up to level 1. Lower levels would also let weaker ciphers in, were they in the list.
  const isOld = minVersion === "TLSv1" || minVersion === "TLSv1.1";
  // A level is part of a list of older ciphers: where there are none, one stands for them that no version allows.
  const carrier = minVersion === "TLSv1.3" ? ":ECDHE-RSA-AES128-GCM-SHA256" : "";
  return {
    minVersion,
    maxVersion: "TLSv1.3",
    ciphers: `${ciphers.join(":")}${carrier}:@SECLEVEL=${isOld ? 0 : 1}`,
    honorCipherOrder: true,
    ecdhCurve: "prime256v1:secp384r1:X25519",
    // Never asked for by an honest viewer, and dear for us.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}
