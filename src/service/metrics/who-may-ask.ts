// Whether a request is one for the metrics, and whether whoever asks may have them. Prometheus signs nothing, so it is known by where it
// is: this machine. What this machine only carries along is not of it: viewers through an edge, pages in a browser, and what another
// proxy says that it forwards.

import { whyNotOfThisMachine } from "../../callers/default-key.ts";
import type { ApiRequest } from "../../callers/message.ts";
import { isLoopbackAddress } from "../../vocabulary/network-address.ts";
import type { Settings } from "../settings.ts";

const METRICS_PATH = "/metrics";

/** A bucket may be named `metrics`: what its clients ask is signed, or has a query, or another path behind the name. */
export function isMetricsRequest({
  method,
  rawPath,
  rawQuery,
}: Pick<ApiRequest, "method" | "rawPath" | "rawQuery">): boolean {
  return rawPath === METRICS_PATH && rawQuery === "" && (method === "GET" || method === "HEAD");
}

/** Fields by which a proxy says for whom it asks. */
const FORWARDED = /^(?:forwarded|via|x-forwarded-.*|x-real-ip)$/i;

/** For whoever asked; `undefined`: they may. */
export function whyNoMetrics(
  { fields, remoteAddress = "" }: Pick<ApiRequest, "fields" | "remoteAddress">,
  metrics: Settings["metrics"],
): string | undefined {
  if (metrics === "everyone") return undefined;
  if (metrics === "off") return "metrics are off (--metrics)";
  const isHere = isLoopbackAddress(remoteAddress);
  const forwarded = fields.find(([name]) => FORWARDED.test(name))?.[0];
  const why = !isHere
    ? `not for ${remoteAddress === "" ? "an unknown address" : remoteAddress}`
    : forwarded !== undefined
      ? `not for what a proxy forwards (${forwarded.slice(0, 40)})`
      : whyNotOfThisMachine(fields);
  return (
    why &&
    `metrics are for programs on this machine, ${why}; --metrics=everyone tells them to whoever can reach this port`
  );
}
