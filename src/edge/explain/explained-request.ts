// What is asked about, and the viewer's request that it stands for.

import { newRequestMemo } from "../request-memo.ts";
import type { Field, ViewerRequest } from "../transport/message.ts";
import { asksForWebSocket } from "../transport/websocket-handshake.ts";

/** What is asked about. `headers` are the viewer's, Host aside: that is the URL's; `viewerAddress` is 127.0.0.1 unless given. */
export interface ExplainRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly viewerAddress?: string;
  /** Of an https URL: the name in the viewer's handshake, where that is not the URL's host; "" for none. */
  readonly serverName?: string;
}

/** The request as a viewer would send it. `undefined`: not a URL of ours, or not a request line. */
export function readAsked({
  method,
  url,
  headers = [],
  viewerAddress = "127.0.0.1",
}: ExplainRequest): ViewerRequest | undefined {
  // Taken apart by hand: the URL parser would normalize the path, which the edge does not.
  const parts = /^(https?):\/\/([^/?#\s@]+)(\/[^?#\s]*)?(?:\?([^#\s]*))?(?:#\S*)?$/i.exec(url);
  if (parts === null || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) return undefined;
  const [, scheme = "", host = "", path = "/", query] = parts;
  const fields: readonly Field[] = [["Host", host], ...headers.filter(([name]) => name.toLowerCase() !== "host")];
  return {
    method,
    target: query === undefined ? path : `${path}?${query}`,
    path,
    query,
    httpVersion: "1.1",
    scheme: scheme.toLowerCase() === "https" ? "https" : "http",
    host,
    fields,
    field: (lowerName) => fields.find(([name]) => name.toLowerCase() === lowerName)?.[1],
    body: undefined,
    upgrade: method === "GET" && asksForWebSocket(fields) ? "websocket" : undefined,
    viewerAddress,
    headBytes: 0,
    memo: newRequestMemo(),
  };
}
