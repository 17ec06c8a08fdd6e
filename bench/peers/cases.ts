// What is compared, a row each: who takes part, under which load, and which ratio is wanted. A case runs in rounds, each of
// which takes every contestant once.

import { hostOf, type KeyKind } from "./certificates.ts";
import { HTTP2_SHAPE, runH2load, runHandshakes, runWrk, type Done } from "./load.ts";
import { NGINX_TLS_VARIANTS, NGINX_VARIANTS, type NginxPeer, type NginxVariant } from "./nginx.ts";
import type { SizeName } from "./origin.ts";
import type { PeerName, ProgramName } from "./peer.ts";
import type { Stage } from "./stage.ts";

export interface Contestant {
  readonly of: "edge" | PeerName;
  /** Which of several of the same kind. */
  readonly variant: string;
  /** The processes whose CPU time counts. */
  readonly roots: readonly number[];
  readonly run: (seconds: number) => Promise<Done>;
}

export interface Case {
  readonly name: string;
  readonly about: string;
  readonly needs: readonly ProgramName[];
  /** Least ratio to each peer: of rates, and of what a CPU second does. */
  readonly wanted: Readonly<Partial<Record<PeerName, number>>>;
  readonly seconds: number;
  contestants(stage: Stage): readonly Contestant[];
}

const SECONDS = 1;
/** With TLS the handshakes of the connections are in it. */
const TLS_SECONDS = 2;

const HIT_WANTED: Readonly<Record<SizeName, Case["wanted"]>> = {
  "1k": { nginx: 1.25, Varnish: 1.5, "Traffic Server": 1.5 },
  "32k": { nginx: 1 },
  "1m": { nginx: 1.3 },
};

function hit(size: SizeName): Case {
  return {
    name: `hit-${size}`,
    about: `hits of ${titleOf(size)}, HTTP/1.1`,
    needs: ["wrk"],
    wanted: HIT_WANTED[size],
    seconds: SECONDS,
    contestants: (stage) =>
      overHttp(stage, ({ port, host }) => ({ url: `http://127.0.0.1:${port}/${size}`, host }), "all"),
  };
}

function tlsHit(size: SizeName, wanted: number): Case {
  return {
    name: `tls-${size}`,
    about: `hits of ${titleOf(size)}, HTTP/1.1 over TLS 1.3`,
    needs: ["wrk"],
    wanted: { nginx: wanted },
    seconds: TLS_SECONDS,
    contestants: (stage) =>
      overTls(stage, "https", ({ port, host }, seconds) =>
        runWrk({ url: `https://127.0.0.1:${port}/${size}`, host, seconds }, stage.folder),
      ),
  };
}

function http2Hit(size: SizeName, wanted: number): Case {
  return {
    name: `h2-${size}`,
    about: `hits of ${titleOf(size)}, HTTP/2 over TLS 1.3, ${HTTP2_SHAPE}`,
    needs: ["h2load"],
    wanted: { nginx: wanted },
    seconds: TLS_SECONDS,
    contestants: (stage) =>
      overTls(stage, "http2", ({ port, host }, seconds) => runH2load({ port, host, path: `/${size}`, seconds })),
  };
}

function handshake(kind: KeyKind, version: "TLSv1.2" | "TLSv1.3", isResuming: boolean): Case {
  const title = `${isResuming ? "resumed" : "whole"} handshakes`;
  return {
    name: `handshake-${kind}${version === "TLSv1.2" ? "-tls12" : ""}${isResuming ? "-resumed" : ""}`,
    about: `${title}, ${kind === "rsa" ? "RSA 2048" : "ECDSA P-256"}, ${version}`,
    needs: [],
    wanted: { nginx: 0.8 },
    seconds: SECONDS,
    contestants: ({ edge, nginx }) => {
      const run = (port: number) => (seconds: number) =>
        runHandshakes({ port, serverName: hostOf(kind), seconds, lanes: 16, version, isResuming });
      return [
        { of: "edge", variant: "", roots: edge.roots, run: run(edge.https) },
        ...(nginx ? [{ of: "nginx" as const, variant: "", roots: nginx.roots, run: run(nginx.handshakes[kind]) }] : []),
      ];
    },
  };
}

let uniqueRuns = 0;

const MISSES: readonly Case[] = [
  {
    name: "miss-1k",
    about: "passed on, 1 KB, nothing kept",
    needs: ["wrk"],
    wanted: { nginx: 0.9 },
    seconds: SECONDS,
    contestants: (stage) =>
      overHttp(stage, ({ port, host }) => ({ url: `http://127.0.0.1:${port}/nc/1k`, host }), "nginx"),
  },
  {
    name: "miss-stored-1k",
    about: "misses of 1 KB that are stored, each another URL",
    needs: ["wrk"],
    wanted: { nginx: 0.9 },
    seconds: SECONDS,
    contestants: (stage) =>
      overHttp(
        stage,
        ({ port, host }) => ({ url: `http://127.0.0.1:${port}/`, host, uniqueBelow: `/u/${++uniqueRuns}-` }),
        "nginx",
      ),
  },
  {
    name: "stream-1m",
    about: "passed on, 1 MB, nothing kept",
    needs: ["wrk"],
    wanted: { nginx: 1 },
    seconds: SECONDS,
    contestants: (stage) =>
      overHttp(stage, ({ port, host }) => ({ url: `http://127.0.0.1:${port}/nc/1m`, host }), "nginx"),
  },
];

export const CASES: readonly Case[] = [
  hit("1k"),
  hit("32k"),
  hit("1m"),
  tlsHit("1k", 1),
  tlsHit("32k", 1.25),
  handshake("ecdsa", "TLSv1.3", false),
  handshake("ecdsa", "TLSv1.3", true),
  handshake("ecdsa", "TLSv1.2", false),
  handshake("ecdsa", "TLSv1.2", true),
  handshake("rsa", "TLSv1.3", false),
  http2Hit("1k", 0.9),
  http2Hit("32k", 1.1),
  ...MISSES,
];

interface At {
  readonly port: number;
  readonly host: string;
}

function overHttp(
  stage: Stage,
  loadAt: (at: At) => { readonly url: string; readonly host: string; readonly uniqueBelow?: string },
  against: "all" | "nginx",
): readonly Contestant[] {
  const { edge, nginx, varnish, trafficServer } = stage;
  const { host } = edge;
  const run = (port: number) => (seconds: number) =>
    runWrk({ ...loadAt({ port, host }), seconds: seconds }, stage.folder);
  const contestants: Contestant[] = [{ of: "edge", variant: "", roots: edge.roots, run: run(edge.http) }];
  if (nginx) contestants.push(...ofNginx(nginx, NGINX_VARIANTS, (variant) => run(nginx.http[variant])));
  if (against === "nginx") return contestants;
  if (varnish) contestants.push({ of: "Varnish", variant: "", roots: varnish.roots, run: run(varnish.http) });
  if (trafficServer) {
    contestants.push({ of: "Traffic Server", variant: "", roots: trafficServer.roots, run: run(trafficServer.http) });
  }
  return contestants;
}

function overTls(
  { edge, nginx }: Stage,
  protocol: "https" | "http2",
  load: (at: At, seconds: number) => Promise<Done>,
): readonly Contestant[] {
  const run = (port: number) => (seconds: number) => load({ port, host: edge.host }, seconds);
  const ours: Contestant = { of: "edge", variant: "", roots: edge.roots, run: run(edge.https) };
  if (nginx === undefined) return [ours];
  return [ours, ...ofNginx(nginx, NGINX_TLS_VARIANTS, (variant) => run(nginx[protocol][variant]))];
}

function ofNginx(
  nginx: NginxPeer,
  variants: readonly NginxVariant[],
  runOf: (variant: NginxVariant) => Contestant["run"],
): readonly Contestant[] {
  return variants.map((variant) => ({ of: "nginx", variant, roots: nginx.roots, run: runOf(variant) }));
}

function titleOf(size: SizeName): string {
  return { "1k": "1 KB", "32k": "32 KB", "1m": "1 MB" }[size];
}
