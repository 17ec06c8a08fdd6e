// nginx as a caching proxy in front of an origin, without an access log, with sendfile and without: what a bench of ours that
// has no log either holds itself against. One worker, on the server's core. All that is compared with peers is in bench/peers.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, isInstalled, openPeerFolder, pinTree, startProgram, versionOf } from "../peers/peer.ts";
import { findChild } from "./machine.ts";

/** By what they are called in the table. */
const NGINX_VARIANTS = {
  "sendfile, no log": "",
  "no sendfile, no log": "sendfile off; tcp_nopush off; output_buffers 2 64k;",
} as const;

export type NginxVariant = keyof typeof NGINX_VARIANTS;

export interface Nginx extends AsyncDisposable {
  readonly version: string;
  readonly ports: Readonly<Record<NginxVariant, number>>;
  /** The worker, which does all the work. */
  readonly workerId: number | undefined;
}

/** `undefined`: nginx is not on this machine. */
export async function startNginx(originPort: number): Promise<Nginx | undefined> {
  if (!isInstalled("nginx")) return undefined;
  const folder = openPeerFolder("nginx");
  const ports = {} as Record<NginxVariant, number>;
  for (const name of Object.keys(NGINX_VARIANTS) as NginxVariant[]) ports[name] = await freePort();
  writeFileSync(join(folder.path, "nginx.conf"), configuration(originPort, ports));
  const log = join(folder.path, "error.log");
  const started = await startProgram("nginx", ["-p", folder.path, "-c", "nginx.conf", "-e", log], {
    ports: Object.values(ports),
    log,
  });
  pinTree([started.processId], "server");
  return {
    version: `nginx/${versionOf("nginx", "-v")}`,
    ports,
    workerId: findChild(started.processId, "worker"),
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

function configuration(originPort: number, ports: Readonly<Record<NginxVariant, number>>): string {
  const servers = (Object.entries(NGINX_VARIANTS) as [NginxVariant, string][]).map(
    ([name, directives]) => `
  server {
    listen 127.0.0.1:${ports[name]} backlog=4096;
    ${directives}
    location / { proxy_cache c; proxy_pass http://o; }
  }`,
  );
  return `
daemon off;
${process.getuid?.() === 0 ? "user root;" : ""}
worker_processes 1;
pid nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 10000000;
  keepalive_timeout 600;
  sendfile on; tcp_nodelay on; tcp_nopush on;
  open_file_cache max=1000 inactive=600s; open_file_cache_valid 600s;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  proxy_cache_path cache levels=1:2 keys_zone=c:10m max_size=1g use_temp_path=off inactive=1d;
  upstream o { server 127.0.0.1:${originPort}; keepalive 16; }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_cache_key "$host$uri$is_args$args";
  ${servers.join("")}
}
`;
}
