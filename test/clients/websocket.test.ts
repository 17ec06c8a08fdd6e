// WebSocket clients through the whole service: Chromium's, Node's own and `ws`, over ws:// and wss://, to an origin of `ws`.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { LookupFunction } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { WebSocket as WsViewer, WebSocketServer, type ClientOptions, type RawData } from "ws";
import { startService, type RunningService } from "../support/running-service.ts";
import { findChromium, openChromium } from "./chromium.ts";
import { ALL_METHODS, openFronted, type Fronted } from "./fronted.ts";
import { clearedEnvironment, runProgram } from "./program.ts";

const timeout = 60_000;
const LARGE = 3_000_000;

let service: RunningService;
let site: Fronted;
let sockets: WebSocketServer;
/** Sec-WebSocket-Extensions and host of each handshake, as the origin saw it. */
const handshakes: { readonly extensions: string | undefined; readonly host: string | undefined }[] = [];

before(async () => {
  service = await startService();
  site = await openFronted(
    service,
    (_request, response) => response.setHeader("Content-Type", "text/html").end("<p>page"),
    {
      behavior: { AllowedMethods: ALL_METHODS },
    },
  );
  sockets = new WebSocketServer({
    server: site.server,
    perMessageDeflate: { threshold: 0 },
    handleProtocols: (offered) => (offered.has("warm.v2") ? "warm.v2" : false),
  });
  sockets.on("connection", (socket, request) => {
    handshakes.push({ extensions: request.headers["sec-websocket-extensions"], host: request.headers.host });
    socket.on("message", (content, isBinary) => {
      if (!isBinary && asText(content).startsWith("close ")) socket.close(Number(asText(content).slice(6)), "as asked");
      else if (!isBinary && asText(content) === "ping me") socket.ping("are you there");
      else socket.send(content, { binary: isBinary });
    });
    socket.on("pong", (content) => socket.send(`ponged ${content.toString()}`));
    socket.on("error", (error) => closes.push(error.message));
    socket.on("close", (code, reason) => {
      closes.push(`${code} ${reason.toString()}`);
      if (sockets.clients.size === 0) allClosed.resolve();
    });
  });
});

/** What the origin was told at the end of each connection, since they were last taken. */
let closes: string[] = [];
let allClosed = Promise.withResolvers<void>();

/** When every connection to the origin has ended. */
async function takeCloses(): Promise<string[]> {
  while (sockets.clients.size > 0) {
    allClosed = Promise.withResolvers();
    await allClosed.promise;
  }
  const taken = closes;
  closes = [];
  return taken;
}

after(async () => {
  for (const socket of sockets.clients) socket.terminate();
  await site[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

/** Node asks the system for names below localhost, and not every system knows them. */
const lookup: LookupFunction = (_name, options, callback) => {
  if (options.all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
};

function openViewer(url: string, options: ClientOptions = {}): WsViewer {
  return new WsViewer(url, { ca: readFileSync(service.rootFile, "utf8"), lookup, ...options });
}

function asText(content: RawData): string {
  return Buffer.isBuffer(content) ? content.toString() : "";
}

/**
 * What any client of the standard interface does, as a program in the text that browsers run too: it says what came back, in
 * an array.
 */
const STANDARD_CLIENT = `(async (url, large) => {
  const said = [];
  const socket = new WebSocket(url, ["other.v1", "warm.v2"]);
  socket.binaryType = "arraybuffer";
  const next = () => new Promise((resolve, reject) => {
    socket.onmessage = (event) => resolve(event.data);
    socket.onclose = (event) => resolve("closed " + event.code + " " + event.reason + " " + event.wasClean);
    socket.onerror = () => reject(new Error("failed"));
  });
  await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = () => reject(new Error("not opened")); });
  said.push(socket.protocol, socket.extensions.split(";")[0]);
  socket.send("hello \\u2603");
  said.push(await next());
  const bytes = Uint8Array.from({ length: large }, (_, at) => (at * 31 + (at >> 8)) & 255);
  socket.send(bytes);
  const back = new Uint8Array(await next());
  said.push(back.length === large && back.every((byte, at) => byte === bytes[at]));
  socket.send("x".repeat(large));
  said.push((await next()).length);
  socket.send(new Uint8Array(0));
  said.push((await next()).byteLength);
  socket.send("ping me");
  said.push(await next());
  for (let count = 0; count < 500; count++) socket.send(String(count));
  let inOrder = 0;
  await new Promise((resolve) => {
    socket.onmessage = (event) => { if (event.data === String(inOrder) && ++inOrder === 500) resolve(); };
  });
  said.push(inOrder);
  socket.send("close 4321");
  said.push(await next());
  const second = new WebSocket(url);
  await new Promise((resolve) => { second.onopen = resolve; });
  second.close(4000, "enough");
  said.push(await new Promise((resolve) => { second.onclose = (event) => resolve("closed " + event.code + " " + event.reason); }));
  return said;
})`;

const STANDARD_ANSWERS = [
  "warm.v2",
  "permessage-deflate",
  "hello ☃",
  true,
  LARGE,
  0,
  "ponged are you there",
  500,
  "closed 4321 as asked true",
  "closed 4000 enough",
];

for (const scheme of ["http", "https"] as const) {
  const name = scheme === "http" ? "ws://" : "wss://";
  const url = (): string => `${site[scheme].replace("http", "ws")}/echo`;

  test(
    `Node's own client over ${name}: text, bytes, large and empty messages, pings, subprotocol, codes`,
    { timeout },
    async (t) => {
      // In a process of its own, since authorities to trust can only be given at a start, and its WebSocket takes no `lookup`.
      const folder = mkdtempSync(join(tmpdir(), "warmfront-websocket-"));
      t.after(() => rmSync(folder, { recursive: true, force: true }));
      const script = join(folder, "client.mjs");
      writeFileSync(
        script,
        'import dns from "node:dns";\n' +
          "const { lookup } = dns;\n" +
          'dns.lookup = (_name, options, callback) => lookup("127.0.0.1", options, callback);\n' +
          `process.stdout.write(JSON.stringify(await ${STANDARD_CLIENT}(${JSON.stringify(url())}, ${LARGE})));\n`,
      );
      const environment = { ...clearedEnvironment(folder), NODE_EXTRA_CA_CERTS: service.rootFile };
      const { status, out, err } = await runProgram(process.execPath, [script], {
        environment,
        folder,
        timeoutSeconds: 30,
      });
      assert.equal(status, 0, err);
      assert.deepEqual(JSON.parse(out), STANDARD_ANSWERS);
      // Who answers a close has to give the code back, and no reason [RFC 6455 §5.5.1].
      assert.deepEqual((await takeCloses()).sort(), ["4000 enough", "4321 "]);
    },
  );

  const program = findChromium();
  const skip = program === undefined ? "Chromium is not installed" : false;
  test(`Chromium over ${name}, from a page of the same distribution`, { timeout, skip }, async () => {
    assert.ok(program !== undefined);
    await using chromium = await openChromium(program, service);
    const page = await chromium.openPage();
    await page.open(`${site[scheme]}/page`);
    assert.deepEqual(await page.evaluate(`${STANDARD_CLIENT}(${JSON.stringify(url())}, ${LARGE})`), STANDARD_ANSWERS);
    assert.deepEqual((await takeCloses()).sort(), ["4000 enough", "4321 as asked"]);
    assert.deepEqual(page.complaints, []);
    // The page came by HTTP/2 where it could; its WebSocket by a connection of its own with HTTP/1.1.
    assert.equal(page.loaded[0]?.protocol, scheme === "https" ? "h2" : "http/1.1");
  });

  test(
    `ws over ${name}: pings both ways, fragments, no compression, every code, and an end without a close`,
    { timeout },
    async () => {
      handshakes.length = 0;
      const viewer = openViewer(url(), { perMessageDeflate: false });
      await once(viewer, "open");
      assert.equal(viewer.extensions, "");
      assert.deepEqual(handshakes, [{ extensions: undefined, host: handshakes[0]?.host }]);
      viewer.ping("from here");
      assert.equal(String((await once(viewer, "pong"))[0]), "from here");
      viewer.send("in three ", { fin: false });
      viewer.send("pieces, ", { fin: false });
      viewer.send("as sent");
      assert.equal(String((await once(viewer, "message"))[0]), "in three pieces, as sent");
      viewer.send("close 1001");
      const [code, reason] = (await once(viewer, "close")) as [number, Buffer];
      assert.deepEqual([code, reason.toString()], [1001, "as asked"]);
      assert.deepEqual(await takeCloses(), ["1001 as asked"]);

      for (const given of [1000, 1008, 1011, 3000, 4999]) {
        const other = openViewer(url());
        await once(other, "open");
        assert.match(other.extensions, /^permessage-deflate/);
        other.close(given, "bye");
        assert.equal((await once(other, "close"))[0], given);
        assert.deepEqual(await takeCloses(), [`${given} bye`]);
      }

      // Whoever breaks off without a word is told of to the origin: 1006 is what it makes of it.
      const broken = openViewer(url());
      await once(broken, "open");
      broken.terminate();
      assert.deepEqual(await takeCloses(), ["1006 "]);
    },
  );

  test(`fifty clients at once over ${name}, each with its own tunnel`, { timeout }, async () => {
    const viewers = Array.from({ length: 50 }, () => openViewer(url()));
    const told = await Promise.all(
      viewers.map(async (viewer, number) => {
        await once(viewer, "open");
        const back = once(viewer, "message");
        viewer.send(`number ${number}`);
        return String((await back)[0]);
      }),
    );
    assert.deepEqual(
      told,
      viewers.map((_, number) => `number ${number}`),
    );
    const ends = viewers.map((viewer) => once(viewer, "close"));
    for (const viewer of viewers) viewer.close();
    await Promise.all(ends);
    assert.equal((await takeCloses()).length, 50);
  });
}
