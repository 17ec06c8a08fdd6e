// Composition: settings in, a running service out. The only place that knows which store, which listeners, which
// processes; it opens everything and closes it again in the opposite order.

import { randomBytes } from "node:crypto";
import type { Control } from "../control/context.ts";
import { refuseRequest, serveApi } from "../control/serve.ts";
import type { ApiRequest, ApiResponse } from "../control/message.ts";
import type { Explanation } from "../edge/explain.ts";
import type { Store } from "../store/store.ts";
import { seconds, systemClock } from "../vocabulary/time.ts";
import { formatAuthority, isAddressMissing, isLoopback, listenHosts } from "./addresses.ts";
import { openApiListener, type ApiListener } from "./api-listener.ts";
import { holdDataDirectory, openDataDirectory } from "./data-directory.ts";
import { openEdgeLink, type EdgeLink } from "./edge-link.ts";
import { describeListenError } from "./listen-error.ts";
import { openLog, type Log } from "./log.ts";
import { openStore } from "./open-store.ts";
import { answerOwnPath, isOwnPath } from "./own-paths.ts";
import type { Settings } from "./settings.ts";

export interface Service {
  /** `http://host:port` of the management API and of the edge, the first address of each. */
  readonly apiUrl: string;
  readonly edgeUrl: string;
  readonly dataDirectory: string;
  readonly edgeProcessId: () => number | undefined;
  /** Finishes what is in flight and closes everything. */
  stop(): Promise<void>;
}

export type ServiceOutcome =
  | { readonly kind: "running"; readonly service: Service }
  | { readonly kind: "failure"; readonly message: string };

/** What to undo, last opened first. */
type Undo = (() => Promise<void> | void)[];

export async function openService(settings: Settings, write: (line: string) => void): Promise<ServiceOutcome> {
  const log = openLog({ level: settings.logLevel, clock: systemClock, write });
  const undo: Undo = [];
  const failure = async (message: string): Promise<ServiceOutcome> => {
    await undoAll(undo);
    return { kind: "failure", message };
  };

  const data = openDataDirectory(settings.dataDir);
  if (data.kind === "failure") return failure(data.message);
  const hold = holdDataDirectory(data.directory);
  if (hold.kind === "failure") return failure(hold.message);
  undo.push(hold.release);

  // The edge's process takes its time to load: it starts first, and gets the store when that is open.
  const opening = Promise.withResolvers<Store>();
  opening.promise.catch(() => undefined); // told below, where it is opened
  const edge = openEdgeLink({ settings, store: opening.promise, clock: systemClock, log });
  const opened = await openStore(data.directory);
  if (opened.kind === "failure") {
    opening.reject(new Error(opened.message));
    undo.push(() => edge.drain());
    return failure(opened.message);
  }
  const { store } = opened;
  opening.resolve(store);
  undo.push(async () => store[Symbol.asyncDispose]());
  undo.push(() => edge.drain());

  const isLocal = isLoopback(settings.apiHost);
  if (!isLocal && (await store.credentials.listKeys(undefined)).length === 0) {
    return failure(
      `the API would listen on ${settings.apiHost}, where others can reach it, and there are no access keys: ` +
        `create one first with: npm run warmfront -- access-keys create --account 123456789012`,
    );
  }

  const control: Control = {
    store,
    clock: systemClock,
    random: (count) => randomBytes(count),
    limits: settings.limits,
    domainSuffix: settings.domainSuffix,
    propagationDelay: seconds(settings.propagationDelaySeconds),
    isDefaultKeyAllowed: isLocal,
    reportFault: (fault, requestId) =>
      log("error", "api", `request ${requestId} failed: ${fault instanceof Error ? fault.stack : String(fault)}`),
  };
  const api = await openApi(settings, control, edge, log);
  if (api.kind === "failure") return failure(api.message);
  undo.push(async () => {
    await Promise.all(api.listeners.map((listener) => listener.drain(settings.drainSeconds)));
  });

  const started = await edge.started;
  if (started.kind === "failure") return failure(started.message);
  const [apiAddress] = api.listeners.map((listener) => listener.address);
  const [edgeAddress] = started.addresses;
  if (apiAddress === undefined || edgeAddress === undefined) return failure("no address to listen at");
  return {
    kind: "running",
    service: {
      apiUrl: `http://${formatAuthority(apiAddress.host, apiAddress.port)}`,
      edgeUrl: `http://${formatAuthority(edgeAddress.host, edgeAddress.port)}`,
      dataDirectory: data.directory.path,
      edgeProcessId: () => edge.processId(),
      stop: () => undoAll(undo),
    },
  };
}

async function undoAll(undo: Undo): Promise<void> {
  for (let close = undo.pop(); close !== undefined; close = undo.pop()) await close();
}

type ApiOutcome =
  | { readonly kind: "listening"; readonly listeners: readonly ApiListener[] }
  | { readonly kind: "failure"; readonly message: string };

async function openApi(settings: Settings, control: Control, edge: EdgeLink, log: Log): Promise<ApiOutcome> {
  const listeners: ApiListener[] = [];
  const handle = (request: ApiRequest): Promise<ApiResponse> =>
    isOwnPath(request.rawPath)
      ? answerOwnPath(request, control, {
          explain: async (about, account) => {
            const reply = await edge.ask({ kind: "explain", request: about, account });
            return reply as Explanation | undefined;
          },
        })
      : serveApi(request, control);
  let port = settings.apiPort;
  for (const [index, host] of listenHosts(settings.apiHost).entries()) {
    try {
      const listener = await openApiListener({
        host,
        port,
        limits: settings.limits,
        handle,
        refuse: (why) => refuseRequest(why, control),
      });
      listeners.push(listener);
      port = listener.address.port;
    } catch (error) {
      if (index > 0 && isAddressMissing(error)) continue;
      await Promise.all(listeners.map((listener) => listener.drain(0)));
      return { kind: "failure", message: describeListenError(error, host, port, "apiPort") };
    }
  }
  log(
    "debug",
    "api",
    `listening at ${listeners.map(({ address }) => formatAuthority(address.host, address.port)).join(" and ")}`,
  );
  return { kind: "listening", listeners };
}
