// Whether an answer is compressed, and why not: for explain.

import type { InspectedResponse } from "../storage/cache-storage.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import { chooseCoding, codingForViewer } from "../origin-response/choose-coding.ts";
import type { Add } from "./explanation.ts";

/** Of what is stored, what was decided when it came; of what is not, as much as can be said before the origin answers. */
export function explainCompression(
  keyed: Keyed,
  stored: InspectedResponse | undefined,
  add: Add,
  edge: EdgeParts,
): void {
  const compressing = "[CFDG ServingCompressedFiles]";
  if (stored === undefined) {
    const choice = codingForViewer(keyed);
    if (choice.kind === "as-it-is") return add("compress", "not compressed", choice.why, choice.source);
    const { compressionBytesMin, compressionBytesMax } = edge.encoders.bounds;
    return add(
      "compress",
      `${choice.coding}, if the response is fit for it`,
      "that is: status 200, 403 or 404, no Content-Encoding, a Content-Type of the list, a Content-Length of " +
        `${compressionBytesMin} to ${compressionBytesMax} bytes, no no-transform`,
      compressing,
    );
  }
  const { head, bodyLength } = stored;
  if (head.encoded !== undefined) {
    return add(
      "compress",
      `stored as ${head.encoded.coding}`,
      "the edge compressed it when it was fetched",
      compressing,
    );
  }
  if (head.madeHere !== undefined) {
    return add("compress", "not compressed", "the edge made the page itself", compressing);
  }
  const choice = chooseCoding(
    keyed,
    { status: head.status, fields: head.fields, length: bodyLength },
    edge.encoders.bounds,
  );
  if (choice.kind === "as-it-is") return add("compress", "not compressed", choice.why, choice.source);
  add(
    "compress",
    "not compressed",
    "when it was fetched the origin told no length, Compress was false or the edge was busy; what is stored stays as it is",
    compressing,
  );
}
