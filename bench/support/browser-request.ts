// A request as a browser sends it, with three cookies: what the edge reads on each hit.

import { BARE_EDGE_HOST } from "./bare-edge.ts";

const FIELDS = [
  `Host: ${BARE_EDGE_HOST}`,
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Language: en-US,en;q=0.5",
  "Referer: https://www.example.com/some/page.html",
  "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; _ga=GA1.2.1234567890.1234567890",
  "Sec-Fetch-Dest: document",
  "Sec-Fetch-Mode: navigate",
  "Sec-Fetch-Site: same-origin",
] as const;

export function browserRequest(target: string, ...more: readonly string[]): Buffer {
  return Buffer.from(`GET ${target} HTTP/1.1\r\n${[...FIELDS, ...more].join("\r\n")}\r\n\r\n`);
}
