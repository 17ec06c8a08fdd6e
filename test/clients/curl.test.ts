// curl as a viewer of the whole service, in every version of HTTP that it speaks: what it downloads, resumes, uploads and
// validates, and what it is told where it asks for something that is not to be had.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test, { after, before } from "node:test";
import { gunzipSync } from "node:zlib";
import { openRangeOrigin, variedText } from "../support/range-origin.ts";
import { startService, type RunningService } from "../support/running-service.ts";
import { ALL_METHODS, openFronted, type Fronted } from "./fronted.ts";
import { clearedEnvironment, findPrograms, runProgram, type Ended } from "./program.ts";

const [curl] = findPrograms("curl");
const needs = { skip: curl === undefined ? "curl is not installed" : false };

const BIG = variedText(4_000_000, 11);
const TEXT = "It is warm at the front.\n".repeat(400);
const SECONDS_MAX = 20;

/** The versions that one URL can be asked for in, and what `%{http_version}` says of the answer. */
const VERSIONS: readonly (readonly [words: readonly string[], scheme: "http" | "https", version: string])[] = [
  [["--http1.0"], "http", "1.1"],
  [["--http1.1"], "http", "1.1"],
  [["--http2"], "http", "1.1"], // h2c by Upgrade is not offered: the request is answered as what it is
  [["--http1.0"], "https", "1.1"],
  [["--http1.1"], "https", "1.1"],
  [["--http2"], "https", "2"],
  [["--http2-prior-knowledge"], "https", "2"],
];

let service: RunningService;
let folder: string;
let site: Fronted;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "warmfront-curl-"));
  service = await startService();
  const big = openRangeOrigin({ body: BIG, entityTag: '"big"', headers: { "Cache-Control": "max-age=300" } });
  site = await openFronted(
    service,
    (request, response) => (request.url?.startsWith("/big") === true ? big : { answer }).answer(request, response),
    { behavior: { AllowedMethods: ALL_METHODS, Compress: true } },
  );
});

after(async () => {
  await site[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { method, url = "" } = request;
  if (method === "PUT" || method === "POST") {
    const hash = createHash("sha256");
    let length = 0;
    request.on("data", (piece: Buffer) => {
      hash.update(piece);
      length += piece.length;
    });
    request.on("end", () => response.end(`${method} ${length} ${hash.digest("hex")}`));
    return;
  }
  if (url.startsWith("/trailers")) {
    response.writeHead(200, { "Cache-Control": "max-age=300", Trailer: "X-Checksum" });
    response.write("told ");
    response.addTrailers({ "X-Checksum": "later" });
    response.end("in pieces");
    return;
  }
  if (url.startsWith("/text")) {
    const headers = { "Content-Type": "text/plain", "Cache-Control": "max-age=300", "Content-Length": TEXT.length };
    response.writeHead(200, headers).end(TEXT);
    return;
  }
  if (url.startsWith("/tagged")) {
    const headers = { "Cache-Control": "max-age=300", ETag: '"t1"', "Content-Length": "6" };
    if (request.headers["if-none-match"] === '"t1"') response.writeHead(304, { ETag: '"t1"' }).end();
    else response.writeHead(200, headers).end("tagged");
    return;
  }
  response.writeHead(200, { "Cache-Control": "max-age=300" }).end(`page ${url}`);
}

function run(...words: readonly string[]): Promise<Ended> {
  const all = ["-sS", "--max-time", String(SECONDS_MAX), "--cacert", service.rootFile, ...words];
  const environment = clearedEnvironment(folder);
  return runProgram(curl ?? "", all, { environment, folder, timeoutSeconds: SECONDS_MAX + 10 });
}

/** What curl writes to the standard output; that it ends well is asserted. */
async function ask(...words: readonly string[]): Promise<string> {
  const ended = await run(...words);
  assert.equal(ended.status, 0, `${words.join(" ")}: ${ended.err}`);
  return ended.out;
}

const sha256 = (text: string): string => createHash("sha256").update(text, "latin1").digest("hex");

test("every version of HTTP that curl speaks gets the page, first a Miss, then a Hit", needs, async () => {
  for (const [row, [words, scheme, version]] of VERSIONS.entries()) {
    const told = "\n%{http_code} %{http_version} %header{x-cache}";
    const url = `${site[scheme]}/versions/${row}`;
    const expected = `page /versions/${row}\n200 ${version}`;
    const first = await ask(...words, "-w", told, url);
    assert.equal(first, `${expected} Miss from cloudfront`, `${words.join(" ")} ${scheme}`);
    assert.equal(await ask(...words, "-w", told, url), `${expected} Hit from cloudfront`);
  }
});

test("HTTP/2 without TLS is refused at once, in words of HTTP/1.1", needs, async () => {
  const ended = await run("--http2-prior-knowledge", `${site.http}/prior`);
  assert.ok([16, 52, 56].includes(ended.status), `${ended.status} ${ended.err}`); // versions of curl differ; 28 would be the time-out
  assert.equal(ended.out, "");
  const socket = connect(service.edgePort, "127.0.0.1");
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  assert.match(await text(socket), /^HTTP\/1\.1 505 HTTP Version Not Supported\r\n/);
  // Whoever offers h2c beside HTTP/1.1 gets HTTP/1.1, as [RFC 9110 §7.8] lets a server choose: a row of VERSIONS.
});

test("HEAD has the fields of GET and no body, in every version", needs, async () => {
  for (const [words, scheme] of VERSIONS) {
    const out = await ask(...words, "-I", `${site[scheme]}/tagged`);
    assert.match(out, /^HTTP\/[\d.]+ 200/);
    assert.match(out, /^content-length: 6\r$/im);
    assert.match(out, /^etag: "t1"\r$/im);
  }
});

test("one range and several of them, over every version, of what is stored and what is not", needs, async () => {
  for (const [row, [words, scheme]] of VERSIONS.entries()) {
    const url = `${site[scheme]}/big/ranges/${row % 2}`; // half of them find it stored
    assert.equal(await ask(...words, "-r", "100000-100999", url), BIG.slice(100_000, 101_000));
    assert.equal(await ask(...words, "-r", "3999000-", url), BIG.slice(3_999_000));
    assert.equal(await ask(...words, "-r", "-50", url), BIG.slice(-50));
    if (row > 1) continue;
    assert.equal(sha256(await ask(...words, url)), sha256(BIG));
  }
  const several = [
    [10, 20],
    [5000, 5010],
    [3_999_990, 4_000_000],
  ] as const;
  const asked = several.map(([from, to]) => `${from}-${to - 1}`).join();
  for (const [words, scheme] of VERSIONS) {
    const out = await ask(...words, "-i", "-r", asked, `${site[scheme]}/big/ranges/0`);
    assert.match(out.slice(0, 20), /^HTTP\/[\d.]+ 206/);
    const boundary = /^content-type: multipart\/byteranges; ?boundary=(\S+)\r$/im.exec(out)?.[1] ?? "none";
    const parts = out
      .slice(out.indexOf("\r\n\r\n") + 4)
      .split(`--${boundary}`)
      .slice(1, -1)
      .map((part) => part.slice(part.indexOf("\r\n\r\n") + 4, -2));
    const expected = several.map(([from, to]) => BIG.slice(from, to));
    assert.deepEqual(parts, expected, words.join(" "));
  }
  const beyond = await run("-f", "-r", "4000000-", `${site.https}/big/ranges/0`);
  assert.equal(beyond.status, 22, beyond.err);
  assert.match(beyond.err, /416/);
});

test("half a download is resumed with -C -, over every version", needs, async () => {
  for (const [row, [words, scheme]] of VERSIONS.entries()) {
    const file = join(folder, `half-${row}`);
    writeFileSync(file, BIG.slice(0, 1_500_000 + row), "latin1");
    const url = `${site[scheme]}/big/resumed/${row}`;
    assert.equal(await ask(...words, "-C", "-", "-o", file, "-w", "%{http_code}", url), "206");
    assert.equal(sha256(readFileSync(file, "latin1")), sha256(BIG), words.join(" "));
  }
});

test("--compressed gets gzip and shows what it was; without it the bytes are plain", needs, async () => {
  for (const [row, [words, scheme]] of VERSIONS.entries()) {
    const url = `${site[scheme]}/text/${row}`;
    assert.equal(await ask(...words, "--compressed", url), TEXT);
    assert.equal(await ask(...words, url), TEXT);
    const file = join(folder, "raw");
    const coding = await ask(
      ...words,
      "-H",
      "Accept-Encoding: gzip",
      "-o",
      file,
      "-w",
      "%header{content-encoding}",
      url,
    );
    if (words.includes("--http1.0")) {
      assert.equal(coding, ""); // 1.0 is never answered compressed [CFDG ServingCompressedFiles]
      continue;
    }
    assert.equal(coding, "gzip");
    assert.equal(gunzipSync(readFileSync(file)).toString(), TEXT);
  }
});

test(
  "uploads arrive whole, with a length and in chunks, whether 100 (Continue) is waited for or not",
  needs,
  async () => {
    const file = join(folder, "upload");
    writeFileSync(file, BIG.slice(0, 1_000_000), "latin1");
    const expected = `PUT 1000000 ${sha256(BIG.slice(0, 1_000_000))}`;
    for (const [words, scheme] of VERSIONS) {
      const url = `${site[scheme]}/put`;
      assert.equal(await ask(...words, "-T", file, url), expected, words.join(" "));
      assert.equal(await ask(...words, "-H", "Expect:", "-T", file, url), expected, words.join(" "));
      // curl waits half a minute here, longer than the test: without a 100 the upload would not begin.
      const waited = ["-v", "-H", "Expect: 100-continue", "--expect100-timeout", "30"];
      const { out, err } = await run(...words, ...waited, "-T", file, url);
      assert.equal(out, expected, `${words.join(" ")}: ${err}`);
      if (words.includes("--http1.1")) assert.match(err, /^< HTTP\/1\.1 100 Continue\r?$/m);
      if (words.includes("--http1.0")) continue; // has no chunks
      assert.equal(await ask(...words, "-H", "Transfer-Encoding: chunked", "-T", file, url), expected);
      assert.equal(
        await ask(...words, "-X", "POST", "--data-binary", `@${file}`, url),
        expected.replace("PUT", "POST"),
        words.join(" "),
      );
    }
  },
);

test("trailers end at the edge, both ways, and the connection stays in step", needs, async () => {
  for (const version of ["--http1.1", "--http2"]) {
    const url = `${site.https}/trailers/${version}`;
    const out = await ask(version, "-H", "TE: trailers", "-D", "-", url, url, `${site.https}/after`);
    assert.equal(out.match(/^told in pieces/gm)?.length, 2, version);
    assert.match(out, /page \/after$/);
    assert.doesNotMatch(out, /^(?:x-checksum|trailer):/im, version);
  }
});

test("redirects to HTTPS are followed to a port that answers, uploads with them", needs, async () => {
  const behavior = { AllowedMethods: ALL_METHODS, ViewerProtocolPolicy: "redirect-to-https" as const };
  await using secure = await openFronted(service, answer, { behavior });
  for (const version of ["--http1.0", "--http1.1", "--http2"]) {
    const told = "\n%{num_redirects} %{scheme} %{url_effective}";
    const url = `${secure.http}/a/b?c=d`;
    assert.equal(
      (await ask(version, "-L", "-w", told, url)).toLowerCase(),
      `page /a/b\n1 https ${secure.https}/a/b?c=d`.toLowerCase(),
    );
  }
  const sent = await ask("-L", "-d", "a small form", `${secure.http}/post`);
  assert.equal(sent, `POST 12 ${sha256("a small form")}`); // 307: the method and the body are kept
});

test("every TLS version that the policy of the edge's own names has is agreed on", needs, async () => {
  const told = ["-o", "/dev/null", "-w", "%{http_code} %{http_version}"];
  for (const [words, expected] of [
    [["--tlsv1.3"], "200 2"],
    [["--tls-max", "1.2"], "200 2"],
    [["--tlsv1.2", "--tls-max", "1.2", "--http1.1"], "200 1.1"],
    [["--tlsv1.0", "--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0", "--http1.1"], "200 1.1"], // policy TLSv1
  ] as const) {
    assert.equal(await ask(...told, ...words, `${site.https}/tls`), expected, words.join(" "));
  }
});

test("kept connections are used again, one for all pages of a run", needs, async () => {
  for (const [words, scheme] of VERSIONS) {
    const pages = Array.from({ length: 20 }, (_, page) => [`${site[scheme]}/kept/${page}`, "-o", "/dev/null"]).flat();
    const connects = (await ask(...words, "-w", "%{num_connects}\n", ...pages)).trim().split("\n").map(Number);
    assert.equal(connects.length, 20);
    const opened = connects.reduce((sum, count) => sum + count, 0);
    // curl closes by itself after an answer to HTTP/1.0 unless the edge says keep-alive, which nobody asked for.
    assert.equal(opened, words.includes("--http1.0") ? 20 : 1, `${words.join(" ")} ${scheme}`);
  }
});

test("a big file has its checksum in every version, missed, hit, and read slowly", needs, async () => {
  const expected = sha256(BIG);
  for (const [row, [words, scheme]] of VERSIONS.entries()) {
    for (const pace of [[], [], ["--limit-rate", "16M"]]) {
      const out = await ask(...words, ...pace, `${site[scheme]}/big/whole/${row}`);
      assert.equal(sha256(out), expected, `${words.join(" ")} ${scheme}`);
    }
  }
});

test("--etag-compare gets 304 and no body for what has not changed", needs, async () => {
  for (const [words, scheme] of VERSIONS) {
    const tag = join(folder, "tag");
    const url = `${site[scheme]}/tagged`;
    const told = ["-w", "%{http_code} %{size_download}"];
    assert.equal(await ask(...words, ...told, "-o", join(folder, "tagged"), "--etag-save", tag, url), "200 6");
    assert.equal(readFileSync(tag, "utf8").trim(), '"t1"');
    assert.equal(await ask(...words, ...told, "-o", join(folder, "again"), "--etag-compare", tag, url), "304 0");
    writeFileSync(tag, '"other"\n');
    assert.equal(await ask(...words, ...told, "-o", join(folder, "again"), "--etag-compare", tag, url), "200 6");
  }
});

test("hundreds of pages at once, over many connections or one, all come", needs, async () => {
  for (const [words, scheme] of [
    [["--http1.1"], "http"],
    [["--http1.1"], "https"],
    [["--http2"], "https"],
  ] as const) {
    const target = join(folder, `many-${words[0]}-${scheme}`);
    const url = `${site[scheme]}/many/[1-300]`;
    const all = ["-Z", "--parallel-max", "100", "--create-dirs", "-o", join(target, "#1"), "-w", "%{http_code}\n"];
    const out = await ask(...words, ...all, url);
    assert.equal(out, "200\n".repeat(300));
    for (let page = 1; page <= 300; page++) {
      assert.equal(readFileSync(join(target, String(page)), "utf8"), `page /many/${page}`);
    }
  }
});
