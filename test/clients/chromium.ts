// A Chromium without a window, driven over the pipe of its DevTools protocol: pages are opened, and everything that they ask
// for, are answered and complain of is kept. It has a home folder of its own, in which the root of the edge's local
// authority is trusted as a user would trust it.

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { connect } from "node:tls";
import type { RunningService } from "../support/running-service.ts";
import { clearedEnvironment, findPrograms, runProgram } from "./program.ts";

const STEP_SECONDS_MAX = 20;

/** One answer that a page got from the network, or from a cache of the browser's own. */
export interface Loaded {
  readonly url: string;
  readonly status: number;
  /** As ALPN has it: `h2`, `http/1.1`. */
  readonly protocol: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Page {
  /** All answers so far, in order; `forget` begins anew. */
  readonly loaded: readonly Loaded[];
  /** Requests that failed, errors on the console, and exceptions that nobody caught. */
  readonly complaints: readonly string[];
  forget(): void;
  /** Goes there; resolves when the page's load event has fired. */
  open(url: string): Promise<void>;
  /** The value of an expression in the page, awaited there. */
  evaluate(expression: string): Promise<unknown>;
  screenshot(): Promise<Buffer>;
}

export interface Chromium extends AsyncDisposable {
  openPage(): Promise<Page>;
}

type Parameters = Readonly<Record<string, unknown>>;

/** What is read of the protocol's events, all of them together. */
interface EventParameters {
  readonly requestId?: string;
  readonly request?: { readonly url: string };
  readonly response?: Loaded;
  readonly errorText?: string;
  readonly canceled?: boolean;
  readonly type?: string;
  readonly args?: unknown;
  readonly exceptionDetails?: unknown;
  readonly entry?: { readonly level: string; readonly text: string; readonly url?: string };
}

/** And of the results of its commands. */
interface Outcome {
  readonly targetId?: string;
  readonly sessionId?: string;
  readonly errorText?: string;
  readonly data?: string;
  readonly result?: { readonly value?: unknown };
  readonly exceptionDetails?: unknown;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: EventParameters;
  readonly result?: Outcome;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

/** The program, under the names that distributions give it. */
export function findChromium(): string | undefined {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    for (const path of findPrograms(name)) return path;
  }
  return undefined;
}

export async function openChromium(program: string, service: RunningService): Promise<Chromium> {
  const home = mkdtempSync(join(tmpdir(), "warmfront-chromium-"));
  const flags = [
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking", // no look-ups of its own for updates and the like
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--window-size=1200,900",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-pipe",
    `--user-data-dir=${join(home, "profile")}`,
    ...(await trust(home, service)),
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), // its sandbox wants to be started by someone else than root
    "about:blank",
  ];
  const browser = spawn(program, flags, {
    env: clearedEnvironment(home),
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => browser.once("exit", () => resolve()));
  const tools = openTools(browser);
  return {
    openPage: () => openPage(tools),
    async [Symbol.asyncDispose]() {
      await tools.send("Browser.close").catch(() => browser.kill("SIGKILL"));
      const killer = setTimeout(() => browser.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(killer);
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Flags that go with it. Chromium takes authorities from the NSS database of its user's home. */
async function trust(home: string, service: RunningService): Promise<string[]> {
  const [certutil] = findPrograms("certutil");
  if (certutil === undefined) return [await pin(service)];
  const folder = join(home, ".pki/nssdb");
  mkdirSync(folder, { recursive: true });
  const given = { environment: clearedEnvironment(home), folder: home, timeoutSeconds: STEP_SECONDS_MAX };
  for (const words of [
    ["-N", "--empty-password"],
    ["-A", "-t", "C,,", "-n", "warmfront", "-i", service.rootFile],
  ]) {
    const { status, err } = await runProgram(certutil, ["-d", `sql:${folder}`, ...words], given);
    assert.equal(status, 0, err);
  }
  return [];
}

/**
 * Without certutil there is no way into that database. Then the certificate is checked here, by Node, against the root and
 * nothing else, and Chromium is told to take this one key; it goes on refusing all others.
 */
async function pin(service: RunningService): Promise<string> {
  const ca = readFileSync(service.rootFile, "utf8");
  const servername = "pin.cloudfront.localhost";
  const socket = connect({ host: "127.0.0.1", port: service.edgeHttpsPort, ca, servername });
  await new Promise<void>((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  const key = new X509Certificate(socket.getPeerCertificate().raw).publicKey.export({ type: "spki", format: "der" });
  socket.destroy();
  return `--ignore-certificate-errors-spki-list=${createHash("sha256").update(key).digest("base64")}`;
}

interface Tools {
  send(method: string, params?: Parameters, sessionId?: string): Promise<Outcome>;
  listen(sessionId: string, listener: (method: string, params: EventParameters) => void): void;
}

/** Messages in JSON, a NUL after each, by file descriptors 3 and 4. */
function openTools(browser: ChildProcess): Tools {
  const [, , , input, output] = browser.stdio as unknown as [null, null, null, Writable, Readable];
  const waiting = new Map<number, { resolve: (result: Outcome) => void; reject: (why: Error) => void }>();
  const listeners = new Map<string, (method: string, params: EventParameters) => void>();
  let last = 0;
  let rest = "";
  input.on("error", () => undefined); // its end is told by `exit`
  output.setEncoding("utf8").on("data", (text: string) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop() ?? "";
    for (const message of messages) take(JSON.parse(message) as Message);
  });
  const take = ({ id, method, params, result, error, sessionId }: Message): void => {
    if (id === undefined) {
      if (sessionId !== undefined && method !== undefined) listeners.get(sessionId)?.(method, params ?? {});
      return;
    }
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(result ?? {});
    else asked?.reject(new Error(error.message));
  };
  browser.once("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("Chromium has ended"));
  });
  return {
    send: (method, params = {}, sessionId) => {
      const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
      const id = ++last;
      const timer = setTimeout(
        () => reject(new Error(`${method}: no answer in ${STEP_SECONDS_MAX} s`)),
        STEP_SECONDS_MAX * 1000,
      );
      waiting.set(id, { resolve, reject });
      input.write(`${JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) })}\0`);
      return promise.finally(() => clearTimeout(timer));
    },
    listen: (sessionId, listener) => void listeners.set(sessionId, listener),
  };
}

async function openPage(tools: Tools): Promise<Page> {
  const { targetId } = await tools.send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await tools.send("Target.attachToTarget", { targetId: targetId ?? "", flatten: true });
  const id: string = sessionId ?? assert.fail("no session");
  const loaded: Loaded[] = [];
  const complaints: string[] = [];
  const asked = new Map<string, string>();
  let isLoaded = Promise.withResolvers<void>();
  tools.listen(id, (method, params) => {
    switch (method) {
      case "Page.loadEventFired":
        return isLoaded.resolve();
      case "Network.requestWillBeSent":
        return void asked.set(params.requestId ?? "", params.request?.url ?? "");
      case "Network.responseReceived":
        if (params.response?.url.startsWith("http") === true) loaded.push(toLoaded(params.response)); // and no data: URLs
        return;
      case "Network.loadingFailed":
        // What the page or a player has given up itself is no failure.
        if (params.canceled !== true) complaints.push(`${asked.get(params.requestId ?? "")}: ${params.errorText}`);
        return;
      case "Runtime.exceptionThrown":
        return void complaints.push(JSON.stringify(params.exceptionDetails).slice(0, 500));
      case "Runtime.consoleAPICalled":
        if (params.type === "error") complaints.push(JSON.stringify(params.args).slice(0, 500));
        return;
      case "Log.entryAdded":
        if (params.entry?.level === "error") complaints.push(`${params.entry.text} ${params.entry.url ?? ""}`);
        return;
      default:
        return;
    }
  });
  for (const domain of ["Page", "Network", "Runtime", "Log"]) await tools.send(`${domain}.enable`, {}, id);
  // What is looked at is the edge's cache.
  await tools.send("Network.setCacheDisabled", { cacheDisabled: true }, id);
  return {
    loaded,
    complaints,
    forget() {
      loaded.length = 0;
      complaints.length = 0;
    },
    async open(url) {
      isLoaded = Promise.withResolvers<void>();
      const { errorText } = await tools.send("Page.navigate", { url }, id);
      assert.equal(errorText, undefined, url);
      const late = setTimeout(
        () => isLoaded.reject(new Error(`${url}: not loaded in ${STEP_SECONDS_MAX} s`)),
        STEP_SECONDS_MAX * 1000,
      );
      await isLoaded.promise.finally(() => clearTimeout(late));
    },
    async evaluate(expression) {
      const given = { expression, awaitPromise: true, returnByValue: true };
      const answer = await tools.send("Runtime.evaluate", given, id);
      assert.equal(answer.exceptionDetails, undefined, JSON.stringify(answer.exceptionDetails));
      return answer.result?.value;
    },
    async screenshot() {
      const { data } = await tools.send("Page.captureScreenshot", { format: "png" }, id);
      return Buffer.from(data ?? "", "base64");
    },
  };
}

function toLoaded({ url, status, protocol, headers }: Loaded): Loaded {
  const lowered = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { url, status, protocol, headers: Object.fromEntries(lowered) };
}
