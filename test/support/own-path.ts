// The server's own paths as a client asks them, signed; and an answer that goes on, read as it comes.

import { request as httpRequest, type IncomingMessage } from "node:http";
import { DEFAULT_KEY } from "../../src/callers/default-key.ts";
import { systemClock } from "../../src/vocabulary/time.ts";
import { signRequest } from "../../src/wire/sigv4-sign.ts";
import type { RunningService } from "./running-service.ts";
import { until } from "./until.ts";

export interface OwnPathAnswer {
  readonly status: number;
  readonly text: string;
}

export interface OwnStream extends AsyncDisposable {
  readonly status: number;
  /** So far. */
  text(): string;
  until(isSo: (text: string) => boolean): Promise<void>;
  /** Nothing is read, or it is again. */
  pause(): void;
  resume(): void;
  readonly ended: Promise<void>;
}

export interface OwnPath {
  get(path: string): Promise<OwnPathAnswer>;
  post(path: string, body: unknown): Promise<OwnPathAnswer>;
  stream(path: string, body: unknown): Promise<OwnStream>;
}

/** As the default user, unless another key is given. */
export function openOwnPath(
  { apiPort }: Pick<RunningService, "apiPort">,
  key: { readonly accessKeyId: string; readonly secret: string } = DEFAULT_KEY,
): OwnPath {
  const { accessKeyId, secret } = key;
  const host = `127.0.0.1:${apiPort}`;

  function send(method: string, path: string, sent: unknown): Promise<IncomingMessage> {
    const text = sent === undefined ? "" : typeof sent === "string" ? sent : JSON.stringify(sent);
    const body = new TextEncoder().encode(text);
    const rawPath = `/_warmfront/${path}`;
    const fields = signRequest(
      { method, rawPath, rawQuery: "", fields: [["Host", host]], body },
      { accessKeyId, secret, region: "us-east-1", service: "cloudfront" },
      { at: systemClock.now() },
    );
    const headers = { ...Object.fromEntries(fields), "Content-Length": String(body.length) };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const asking = httpRequest({ host: "127.0.0.1", port: apiPort, path: rawPath, method, headers, agent: false });
    asking.once("response", resolve).once("error", reject).end(body);
    return promise;
  }

  async function readWhole(response: IncomingMessage): Promise<OwnPathAnswer> {
    let text = "";
    for await (const bytes of response) text += String(bytes);
    return { status: response.statusCode ?? 0, text };
  }

  return {
    get: async (path) => readWhole(await send("GET", path, undefined)),
    post: async (path, body) => readWhole(await send("POST", path, body)),
    async stream(path, body) {
      const response = await send("POST", path, body);
      let text = "";
      response.on("data", (bytes) => (text += String(bytes)));
      response.on("error", () => undefined); // it broke off, which `ended` tells
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      response.once("close", resolve);
      return {
        status: response.statusCode ?? 0,
        text: () => text,
        until: (isSo) => until(() => isSo(text)),
        pause: () => void response.pause(),
        resume: () => void response.resume(),
        ended,
        async [Symbol.asyncDispose]() {
          response.destroy();
          await ended;
        },
      };
    },
  };
}
