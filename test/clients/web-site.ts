// A web site as browsers meet them, for an origin to serve: the published pages of http-tests/cache-tests as they are
// (modules, templates, results in JSON, style sheets, fonts), and a gallery of our own with pictures and a long recording.

import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { createRequire } from "node:module";

const FOLDER = dirname(createRequire(import.meta.url).resolve("http-cache-tests/package.json"));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".liquid": "text/plain; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".wav": "audio/wav",
};

export const PICTURES = 80;
/** Of the recording. */
export const MINUTES = 20;

const SAMPLES_PER_SECOND = 8000;

/** A tone that rises in each minute, 8 bits mono: browsers read such a file in parts, by its header. */
const RECORDING = ((): Buffer => {
  const samples = MINUTES * 60 * SAMPLES_PER_SECOND;
  const file = Buffer.alloc(44 + samples);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(36 + samples, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // channels
  file.writeUInt32LE(SAMPLES_PER_SECOND, 24);
  file.writeUInt32LE(SAMPLES_PER_SECOND, 28); // bytes a second
  file.writeUInt16LE(1, 32);
  file.writeUInt16LE(8, 34); // bits of a sample
  file.write("data", 36, "latin1");
  file.writeUInt32LE(samples, 40);
  for (let at = 0; at < samples; at++) file[44 + at] = 128 + (((at * (at % 480_000)) >> 16) & 31);
  return file;
})();

const GALLERY = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Gallery</title>
<link rel="stylesheet" href="/gallery.css">
<script type="module" src="/gallery.mjs"></script>
</head>
<body>
<h1>Gallery</h1>
<p>Back to <a href="/index.html">the tests</a>.</p>
<video id="recording" controls preload="metadata" src="/recording.wav"></video>
<div id="pictures"></div>
<script src="/plain.js"></script>
</body>
</html>
`;

const GALLERY_MODULE = `
const pictures = document.getElementById("pictures");
const all = Array.from({ length: ${PICTURES} }, (_, number) => {
  const picture = new Image(100, 100);
  picture.src = "/pictures/" + number + (number % 2 === 0 ? ".svg" : ".png");
  pictures.append(picture);
  return picture.decode();
});
await Promise.all(all);
const { words } = await import("/words.mjs");
const told = await (await fetch("/told.json?of=gallery")).json();
const request = new XMLHttpRequest();
request.open("GET", "/told.json?of=xhr");
await new Promise((resolve) => { request.onload = resolve; request.send(); });
const posted = await (await fetch("/post", { method: "POST", body: new Blob(["a".repeat(200_000)]) })).text();
document.body.dataset.done = [words, told.of, JSON.parse(request.responseText).of, posted, globalThis.plain].join(" ");
`;

const FILES: Readonly<Record<string, string>> = {
  "/gallery.html": GALLERY,
  "/gallery.css":
    "@font-face { font-family: Icons; src: url(/asset/fonts/fontawesome-webfont.woff2) format('woff2'); }\n" +
    "body { font: 16px sans-serif; background: #fdf6ec; } h1::before { font-family: Icons; content: '\\f0f4 '; }\n" +
    "#pictures { display: grid; grid-template-columns: repeat(10, 100px); gap: 8px; } video { width: 400px; height: 60px; }\n",
  "/gallery.mjs": GALLERY_MODULE,
  "/words.mjs": 'export const words = "imported";\n',
  "/plain.js": 'globalThis.plain = "classic";\n',
};

export async function serveWebSite(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://origin");
  if (request.method === "POST") {
    let bytes = 0;
    for await (const piece of request) bytes += (piece as Buffer).length;
    response.end(String(bytes));
    return;
  }
  if (pathname === "/recording.wav") return sendRange(RECORDING, request, response);
  const body = await contentOf(pathname, searchParams);
  if (body === undefined) {
    response.writeHead(404, { "Content-Length": "0" }).end();
    return;
  }
  response.writeHead(200, {
    "Content-Type": TYPES[extname(pathname)] ?? "application/octet-stream",
    "Content-Length": body.length,
    "Cache-Control": "max-age=600",
    ETag: `"${pathname}"`,
  });
  response.end(body);
}

async function contentOf(pathname: string, query: URLSearchParams): Promise<Buffer | undefined> {
  const own = FILES[pathname];
  if (own !== undefined) return Buffer.from(own);
  if (pathname === "/told.json") return Buffer.from(JSON.stringify({ of: query.get("of") }));
  const [, number, kind] = /^\/pictures\/(\d+)\.(svg|png)$/.exec(pathname) ?? [];
  if (number !== undefined && kind === "svg") return Buffer.from(drawing(Number(number)));
  const isPicture = number !== undefined || pathname === "/favicon.ico";
  const path = normalize(join(FOLDER, isPicture ? "asset/badge.png" : pathname));
  if (!path.startsWith(FOLDER)) return undefined;
  return readFile(path).catch(() => undefined);
}

function drawing(number: number): string {
  const hue = (number * 360) / PICTURES;
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">' +
    `<circle cx="50" cy="50" r="45" fill="hsl(${hue} 80% 60%)"/>` +
    `<text x="50" y="60" font-size="30" text-anchor="middle">${number}</text></svg>\n`
  );
}

function sendRange(file: Buffer, request: IncomingMessage, response: ServerResponse): void {
  const fields = { "Content-Type": "audio/wav", "Cache-Control": "max-age=600", ETag: '"w"', "Accept-Ranges": "bytes" };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  if (first === undefined || Number(first) >= file.length) {
    response.writeHead(200, { ...fields, "Content-Length": file.length }).end(file);
    return;
  }
  const end = last === undefined || last === "" ? file.length : Math.min(Number(last) + 1, file.length);
  const part = file.subarray(Number(first), end);
  const range = `bytes ${first}-${end - 1}/${file.length}`;
  response.writeHead(206, { ...fields, "Content-Range": range, "Content-Length": part.length }).end(part);
}
