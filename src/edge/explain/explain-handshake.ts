// What comes before a request over HTTPS, for explain: which certificate, policy and protocols the handshake gets by the
// name that a viewer would send in it.

import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { AccountId } from "../../vocabulary/ids.ts";
import { epochMs, secondsBetween, type EpochMs } from "../../vocabulary/time.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { ViewerTls } from "../transport/message.ts";
import type { ViewerCertificate } from "../transport/tls/tls-acceptor.ts";
import { coversHost } from "../certificate-table.ts";
import { chooseCertificate } from "../viewer-request/choose-certificate.ts";
import type { Add } from "./explanation.ts";

/** `undefined` for an edge without TLS. With `account`, names of others' distributions are told of as little as possible. */
export function explainHandshake(
  serverName: string | undefined,
  account: AccountId | undefined,
  edge: EdgeParts,
  add: Add,
): ViewerTls | undefined {
  if (edge.certificates === undefined) return undefined;
  const { certificate, policy, offersHttp2, why, source } = chooseCertificate(
    serverName,
    edge.config,
    edge.certificates,
  );
  const owner = serverName === undefined ? undefined : edge.config.find(serverName)?.owner.distribution;
  if (account === undefined || owner === undefined || owner.account === account) {
    const whose = certificate.account === undefined ? "the edge's own certificate" : `certificate ${certificate.id}`;
    const protocols = offersHttp2 ? "HTTP/2 and HTTP/1.1" : "HTTP/1.1";
    const fits = serverName === undefined || coversHost(certificate, serverName);
    const warning = fits ? "" : `; it is not for ${serverName}, so viewers will warn`;
    const end = endOf(certificate, edge.clock.now());
    add("handshake", `${whose}, policy ${policy}, ${protocols}`, `${why}${warning}${end}`, source);
  } else add("handshake", "not told", `${serverName} is not a name of yours`, source);
  return {
    protocol: "TLSv1.3",
    cipher: "",
    serverName,
    isResumed: false,
    certificateAccount: certificate.account,
  };
}

/** Long enough ahead to do something about it. [D-0019] */
const END_TOLD_DAYS = 30;
const DAY = 86_400;

/** What is to be said of the end of its life; empty while that is far. */
function endOf({ account, chain }: ViewerCertificate, now: EpochMs): string {
  if (account === undefined) return ""; // the edge's own is renewed
  const end = new X509Certificate(chain).validToDate;
  const days = secondsBetween(now, epochMs(end.getTime())) / DAY;
  if (days > END_TOLD_DAYS) return "";
  return days <= 0
    ? `; it expired at ${end.toISOString()}, so viewers refuse it`
    : `; it expires at ${end.toISOString()}`;
}

/** The name that viewers send for a URL: its host, unless that is an address. [RFC 6066 §3] */
export function serverNameOf(host: string): string | undefined {
  const name = host.replace(/:\d*$/, "").toLowerCase();
  return name.startsWith("[") || isIP(name) !== 0 ? undefined : name;
}
