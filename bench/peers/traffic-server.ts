// Apache Traffic Server in front of the bench's origin: one thread for connections, its cache in memory, its access log
// on, everything in a folder of its own.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, openPeerFolder, pinTree, startProgram, versionOf } from "./peer.ts";

export interface TrafficServerPeer extends AsyncDisposable {
  readonly version: string;
  readonly roots: readonly number[];
  readonly http: number;
}

export async function startTrafficServerPeer(originPort: number): Promise<TrafficServerPeer> {
  const folder = openPeerFolder("traffic-server");
  const inside = (name: string): string => join(folder.path, name);
  for (const name of ["etc", "data", "run", "log", "cache"]) mkdirSync(inside(name));
  const http = await freePort();
  for (const [name, text] of Object.entries(configuration(http, originPort))) {
    writeFileSync(inside(join("etc", name)), text);
  }
  writeFileSync(inside("runroot.yaml"), formatPlaces(inside));
  const started = await startProgram("traffic_server", [`--run-root=${inside("runroot.yaml")}`], {
    ports: [http],
    log: inside("log/diags.log"),
  });
  const roots = [started.processId];
  pinTree(roots, "server");
  return {
    version: versionOf("traffic_server", "-V"),
    roots,
    http,
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** Programs where they were installed, all else in the folder. */
function formatPlaces(inside: (name: string) => string): string {
  const places = {
    prefix: inside("."),
    exec_prefix: "/usr",
    bindir: "/usr/bin",
    sbindir: "/usr/sbin",
    includedir: "/usr/include",
    libdir: "/usr/lib/trafficserver",
    libexecdir: "/usr/lib/trafficserver/modules",
    sysconfdir: inside("etc"),
    datadir: inside("data"),
    localstatedir: inside("run"),
    runtimedir: inside("run"),
    logdir: inside("log"),
    cachedir: inside("cache"),
  };
  return Object.entries(places)
    .map(([name, path]) => `${name}: ${path}\n`)
    .join("");
}

/** By file. What is not there has defaults that are not wanted: without ip_allow.yaml nobody may ask. */
function configuration(port: number, originPort: number): Readonly<Record<string, string>> {
  const records: Readonly<Record<string, number | string>> = {
    "admin.user_id": "#-1", // nobody else than who starts it
    crash_log_helper: "",
    "http.server_ports": `${port}:ip-in=127.0.0.1`,
    "exec_thread.autoconfig": 0,
    "exec_thread.limit": 1,
    accept_threads: 0,
    task_threads: 1,
    "cache.threads_per_disk": 1,
    "cache.ram_cache.size": 536_870_912,
    "cache.ram_cache_cutoff": 16_777_216,
    "http.cache.required_headers": 0,
    "http.keep_alive_no_activity_timeout_in": 600,
    "http.transaction_no_activity_timeout_in": 600,
    "url_remap.remap_required": 1,
    "url_remap.pristine_host_hdr": 1,
    "log.logging_enabled": 3,
  };
  const lines = Object.entries(records).map(
    ([name, value]) => `CONFIG proxy.config.${name} ${typeof value === "number" ? "INT" : "STRING"} ${value}\n`,
  );
  return {
    "records.config": lines.join(""),
    "remap.config": `map / http://127.0.0.1:${originPort}/\n`,
    "storage.config": "cache 512M\n",
    "plugin.config": "",
    "ip_allow.yaml": "ip_allow:\n  - { apply: in, ip_addrs: 127.0.0.1, action: allow, methods: ALL }\n",
    "logging.yaml": `logging:
  formats:
    - name: cf
      format: '%<cqtd>\\t%<cqtt>\\tLCL50-P1\\t%<psql>\\t%<chi>\\t%<cqhm>\\t%<{Host}cqh>\\t%<cqup>\\t%<pssc>\\t%<{Referer}cqh>\\t%<{User-Agent}cqh>\\t%<{Cookie}cqh>\\t%<crc>\\t%<cqhl>\\t%<ttms>'
  logs:
    - { filename: access, format: cf, mode: ascii }
`,
  };
}
