// The real service under violence: its edge is killed in the middle of a load, and runs out of file descriptors.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { openSite } from "../support/distribution.ts";
import { processesOf, startService, type RunningService } from "../support/running-service.ts";

/** What one request on a connection came to. "gone": refused, reset or closed before the answer was whole. */
type Outcome =
  | { readonly kind: "answer"; readonly status: number; readonly result: string; readonly body: string }
  | "gone";

class Viewer {
  readonly #socket: Socket;
  #text = "";
  #told: ((outcome: Outcome) => void) | undefined;
  isGone = false;
  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("error", () => undefined); // the close says all
    this.#socket.on("close", () => {
      this.isGone = true;
      this.#tell("gone");
    });
    this.#socket.on("data", (chunk: Buffer) => {
      this.#text += chunk.toString("latin1");
      const [, head = "", body = ""] = /^(HTTP\/1\.1 .*?\r\n\r\n)(.*)$/s.exec(this.#text) ?? [];
      const length = /\r\nContent-Length: (\d+)\r\n/.exec(head)?.[1];
      if (length === undefined ? !/(?:^|\r\n)0\r\n\r\n$/.test(body) : body.length !== Number(length)) return;
      this.#text = "";
      const result = /\r\nX-Cache: (\w+)/.exec(head)?.[1] ?? "";
      const plain = length === undefined ? body.replaceAll(/[0-9a-f]+\r\n(.*?)\r\n/gs, "$1") : body;
      this.#tell({ kind: "answer", status: Number(head.slice(9, 12)), result, body: plain });
    });
  }
  #tell(outcome: Outcome): void {
    this.#told?.(outcome);
    this.#told = undefined;
  }
  /** One at a time. */
  ask(host: string, path: string): Promise<Outcome> {
    if (this.isGone) return Promise.resolve("gone");
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    return new Promise((resolve) => (this.#told = resolve));
  }
  async opened(): Promise<void> {
    if (this.#socket.connecting) await Promise.race([once(this.#socket, "connect"), once(this.#socket, "close")]);
  }
  async close(): Promise<void> {
    this.#socket.destroy();
    if (!this.#socket.closed) await once(this.#socket, "close");
  }
}

/** The edge that was started last. */
function edgeOf(service: RunningService): number {
  return processesOf(service, "edge").at(-1) ?? 0;
}

const VIEWERS = 20;

test("viewers of an edge that is killed under load get connection errors and nothing else, and soon hits again", async () => {
  await using service = await startService(["--log-level", "debug"]);
  await using site = await openSite(service);
  const outcomes: { readonly outcome: Outcome; readonly isAfter: boolean }[] = [];
  let isKilled = false;
  let hitsAfter = 0;
  const lane = async (): Promise<void> => {
    let viewer = new Viewer(service.edgePort);
    while (hitsAfter < 500) {
      const outcome = await viewer.ask(site.domain, "/page");
      outcomes.push({ outcome, isAfter: isKilled });
      if (outcome === "gone") {
        // Who is refused at once does not try again at once.
        await new Promise((resolve) => setTimeout(resolve, 5));
        viewer = new Viewer(service.edgePort);
      } else if (isKilled && edge !== edgeOf(service) && outcome.result === "Hit") hitsAfter++;
      if (outcomes.length === 500) {
        process.kill(edge, "SIGKILL");
        isKilled = true;
      }
    }
    await viewer.close();
  };
  const edge = edgeOf(service);
  await Promise.all(Array.from({ length: VIEWERS }, lane));
  const answers = outcomes.map(({ outcome }) => outcome).filter((outcome) => outcome !== "gone");
  for (const { status, body } of answers) assert.deepEqual({ status, body }, { status: 200, body: "page /page" });
  assert.ok(
    outcomes.every(({ outcome, isAfter }) => outcome !== "gone" || isAfter),
    "before that nobody lost anything",
  );
  assert.ok(outcomes.some(({ outcome }) => outcome === "gone"));
  assert.match(service.errors(), /edge(?: \d+)?: the process ended by SIGKILL; starting another in \d+ ms/);
});

test(
  "an edge without file descriptors turns viewers away, answers those it has, says what it lacks, and recovers",
  { skip: process.platform !== "linux" && "descriptors of another process are bounded on Linux only" },
  async () => {
    await using service = await startService(["--log-level", "debug", "--workers", "1"]);
    await using site = await openSite(service);
    const edge = edgeOf(service);
    const first = new Viewer(service.edgePort);
    assert.equal(((await first.ask(site.domain, "/page")) as { status: number }).status, 200);
    const room = 10;
    const used = readdirSync(`/proc/${edge}/fd`).length;
    const bounded = spawnSync("prlimit", ["--pid", String(edge), `--nofile=${used + room}:20000`]);
    assert.equal(bounded.status, 0, String(bounded.stderr));

    const viewers = Array.from({ length: room * 4 }, () => new Viewer(service.edgePort));
    const outcomes = await Promise.all(viewers.map((viewer) => viewer.ask(site.domain, "/page")));
    const answered = outcomes.filter((outcome) => outcome !== "gone");
    assert.ok(answered.length >= room - 2 && answered.length <= room + 2, `${answered.length} were let in`);
    for (const { status, result } of answered) assert.deepEqual({ status, result }, { status: 200, result: "Hit" });
    // Who is in already is served from the cache, and told when the origin cannot be reached for want of a descriptor.
    assert.deepEqual(await first.ask(site.domain, "/page"), {
      kind: "answer",
      status: 200,
      result: "Hit",
      body: "page /page",
    });
    const asking = viewers.map((viewer, index) => viewer.ask(site.domain, `/missed/${index}`));
    const missed = (await Promise.all(asking)).filter((outcome) => outcome !== "gone");
    assert.ok(missed.every(({ status }) => status === 200 || status === 503));
    assert.ok(missed.some(({ status }) => status === 503));
    assert.match(
      service.errors(),
      /origin-failed .*: the edge has no file descriptor left for a connection \(EMFILE\)/,
    );

    await Promise.all(viewers.map((viewer) => viewer.close()));
    // The edge sees it a moment later.
    let later: Outcome = "gone";
    while (later === "gone") {
      const next = new Viewer(service.edgePort);
      later = await next.ask(site.domain, "/later");
      await next.close();
    }
    assert.equal(later.status, 200);
    await first.close();
    assert.equal(edgeOf(service), edge, "it is the same process");
  },
);
