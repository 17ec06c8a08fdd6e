// One attempt at a fetch: a connection, kept or new, then the request, then the head of what comes back. It has a time-out for
// each of them, and ends in a value whatever happens; its body goes on by itself (read-origin-response.ts).

import * as http from "node:http";
import * as https from "node:https";
import { isIP, type LookupFunction, type Socket } from "node:net";
import type { PeerCertificate } from "node:tls";
import type { EffectiveOrigin } from "../config/effective-config.ts";
import type { OriginRequest } from "./build-origin-request.ts";
import {
  describeFault,
  describeViewerFault,
  NO_FREE_CONNECTION,
  spoilt,
  UnusableName,
  type Failed,
} from "./fetch-faults.ts";
import type { Deadline } from "./fetch-deadline.ts";
import type { OriginResponse, OriginTunnel } from "./origin-answer.ts";
import type { NameOutcome, OriginNames } from "./origin-names.ts";
import { removeQueued, unlistedVersion } from "./origin-pools.ts";
import { interimFields, readResponse, readSwitch } from "./read-origin-response.ts";
import { sendBody } from "./send-body.ts";
import { checkNames } from "./tls-faults.ts";
import { VIEWERS_LEFT } from "./waiting-viewers.ts";

/** Hints that an origin may send before its answer. */
const INTERIM_RESPONSES_MAX = 16;
/** Of several addresses of a name, each but the last may take this part of ConnectionTimeout. */
const ADDRESS_SHARE = 4;

/** Connections that have come about, so that whoever gets one of them again need not wait for that. */
const usedSockets = new WeakSet<Socket>();

export interface AttemptMeans {
  readonly agent: http.Agent;
  readonly names: OriginNames;
  readonly deadline: Deadline | undefined;
  readonly signal: AbortSignal;
  readonly headerBytesMax: number;
  readonly bodyBytesMax: number;
  /** Called once per attempt, when its connection is free or gone. */
  readonly onClosed: () => void;
}

export function attemptFetch(
  request: OriginRequest,
  means: AttemptMeans,
): Promise<OriginTunnel | OriginResponse | Failed> {
  const { origin, scheme, body } = request;
  const readMs = origin.readTimeout * 1000;
  return new Promise((resolve) => {
    let phase: Failed["phase"] = "connect";
    let viewerFault: unknown;
    let timedOut: string | undefined;
    let timer: NodeJS.Timeout | undefined;

    // Resolving has a time-out of its own: the one for connecting begins after it.
    let isResolving = false;
    const lookup: LookupFunction = (hostname, options, callback) => {
      isResolving = true;
      clearTimeout(timer);
      const resolved = (outcome: NameOutcome): void => {
        isResolving = false;
        if (outcome.kind === "failure") return callback(new UnusableName(outcome), "");
        if (!(sent instanceof Error) && !sent.destroyed) armConnect();
        const first = outcome.addresses[0];
        if (options.all === true) callback(null, [...outcome.addresses]);
        else callback(null, first?.address ?? "", first?.family);
      };
      void Promise.resolve(means.names.resolve(hostname, origin.families, request.isOperators)).then(resolved);
    };
    let hasSocket = false;
    let isKept = false;
    let isSent = false;
    let isAnswered = false;
    let stopsUpload = false;
    const sent = openRequest(request, means, lookup);
    if (sent instanceof Error) {
      means.onClosed();
      return resolve(describeFault(sent, "sent", undefined));
    }

    const arm = (milliseconds: number, why: string): void => {
      clearTimeout(timer);
      if (isAnswered) return; // the body has a timer of its own
      timer = setTimeout(() => {
        timedOut = why;
        sent.destroy();
        leaveQueue(new Error(why));
      }, milliseconds);
    };
    // A request that waits for a connection says nothing when it is destroyed, not before its turn comes.
    const leaveQueue = (error: Error): void => {
      if (hasSocket) return;
      clearTimeout(timer);
      // Left in the queue it would stay for as long as all connections are in use, and any number like it.
      if (removeQueued(means.agent, sent)) closed();
      const left: unknown = means.signal.reason === VIEWERS_LEFT ? means.signal.reason : undefined;
      resolve(left === undefined ? describeFault(error, phase, timedOut) : describeViewerFault(left));
    };
    const armConnect = (): void => arm(origin.connectTimeout * 1000, `no connection within ${origin.connectTimeout} s`);
    const connected = (): void => {
      phase = isKept ? "stale" : "sent";
      isSent = true;
      arm(readMs, `no answer for ${origin.readTimeout} s`);
      // Nothing of the request goes out before: not even into a buffer that the handshake's end would flush.
      if (body === undefined) return void sent.end();
      sendBody(body, sent, {
        isWanted: () => !stopsUpload,
        whileSending: () => arm(readMs, `the origin took nothing of the body for ${origin.readTimeout} s`),
        whileReading: () => clearTimeout(timer),
      }).then(
        () => arm(readMs, `no answer for ${origin.readTimeout} s`),
        (error: unknown) => {
          viewerFault = error;
          sent.destroy();
        },
      );
    };

    sent.on("error", (error) => {
      clearTimeout(timer);
      const fault: unknown = means.signal.reason === VIEWERS_LEFT ? means.signal.reason : viewerFault;
      const isLeftOver = isKept && !isSent && timedOut === undefined;
      if (fault !== undefined) resolve(describeViewerFault(fault));
      else resolve(isLeftOver ? spoilt(error) : describeFault(error, phase, timedOut));
    });
    means.deadline?.call((why) => {
      timedOut = why;
      sent.destroy(new Error(why));
      leaveQueue(new Error(why));
    });
    const onAbort = (): void => leaveQueue(new Error("given up"));
    means.signal.addEventListener("abort", onAbort, { once: true });
    let isClosed = false;
    const closed = (): void => {
      if (isClosed) return;
      isClosed = true;
      means.signal.removeEventListener("abort", onAbort);
      means.onClosed();
    };
    sent.on("close", () => {
      clearTimeout(timer);
      if (isAnswered) means.deadline?.end();
      closed();
      resolve(describeFault(new Error("closed"), phase, timedOut));
    });
    sent.on("socket", (socket: Socket) => {
      hasSocket = true;
      // Node's own mark is not set on a connection that goes straight from one request to one that waits.
      isKept = usedSockets.has(socket);
      if (isKept) {
        // What has come unasked is read first: it would be taken for the answer to a request that is not even sent.
        setImmediate(() => void (sent.destroyed || connected()));
        return;
      }
      if (isResolving) clearTimeout(timer);
      else armConnect();
      const demote = (address: string): void => means.names.failed(address);
      socket.on("connectionAttemptFailed", demote).on("connectionAttemptTimeout", demote);
      socket.once(scheme === "https" ? "secureConnect" : "connect", () => {
        const unlisted = unlistedVersion(socket, origin);
        usedSockets.add(socket);
        if (unlisted === undefined) connected();
        else sent.destroy(new Error(`the origin speaks ${unlisted}, which OriginSslProtocols does not list`));
      });
    });
    let continues = 0;
    let interims = 0;
    sent.on("information", ({ statusCode, rawHeaders }) => {
      if (statusCode === 100) continues++;
      else if (!sent.destroyed) request.onInterim?.(statusCode, interimFields(rawHeaders));
      // One 100 (Continue) is allowed. [CFDG RequestAndResponseBehaviorCustomOrigin]
      if (++interims > INTERIM_RESPONSES_MAX || continues > 1) {
        sent.destroy(new Error(`the origin sent ${interims} interim responses`));
      }
    });
    sent.on("response", (received) => {
      if (sent.destroyed) return; // given up, with the answer in the same packet
      if (!isSent) return void sent.destroy(new Error("the origin answered before it was asked"));
      isAnswered = true;
      clearTimeout(timer);
      // It does not want the rest. Other answers may well be made from what is still coming. [RFC 9112 §9.3]
      stopsUpload = (received.statusCode ?? 0) >= 400;
      resolve(readResponse(received, sent, { request, gapMs: readMs, bodyBytesMax: means.bodyBytesMax }));
    });
    sent.on("upgrade", (received, socket, head) => {
      isAnswered = true;
      clearTimeout(timer);
      resolve(readSwitch(received, socket, head, request, means.signal));
    });
    // Waiting for a free connection of the pool takes no longer than an answer may.
    arm(readMs, NO_FREE_CONNECTION);
  });
}

function openRequest(request: OriginRequest, means: AttemptMeans, lookup: LookupFunction): http.ClientRequest | Error {
  const { origin, scheme, host, port, method, target, fields, body } = request;
  const headers = fields.flatMap(([name, value]) => [name, value]);
  if (body !== undefined) {
    if (body.length === undefined) headers.push("Transfer-Encoding", "chunked");
    else headers.push("Content-Length", String(body.length));
  } else if (method === "POST" || method === "PUT" || method === "PATCH") headers.push("Content-Length", "0");
  try {
    const sent = (scheme === "https" ? https : http).request({
      agent: means.agent,
      host,
      port,
      method,
      path: target,
      headers,
      lookup,
      ...walkAddresses(origin),
      signal: means.signal,
      insecureHTTPParser: false,
      maxHeaderSize: means.headerBytesMax,
      ...(scheme === "https"
        ? {
            servername: isIP(request.serverName) === 0 ? request.serverName : "",
            checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
              checkNames([...new Set([request.serverName, host])], certificate),
          }
        : {}),
    });
    sent.maxHeadersCount = 0; // bounded in bytes; a bound in number would drop fields silently
    return sent;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Of the connect options below the request; its types do not know them. An address that is silent leaves the others their turn. [RFC 8305 §5] */
function walkAddresses({ connectTimeout }: EffectiveOrigin): object {
  const shareMs = Math.max(10, Math.floor((connectTimeout * 1000) / ADDRESS_SHARE));
  return { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: shareMs };
}
