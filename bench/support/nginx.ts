// nginx as a caching proxy in front of the same origin, in its best configurations for hits: with sendfile and without, and
// without an access log or with a buffered one of CloudFront's fields. One worker, on the server's core.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pin } from "./machine.ts";

/** By what they are called in the table. */
export const NGINX_VARIANTS = {
  "sendfile, no log": "access_log off;",
  "sendfile, access log": "access_log access.log cf buffer=64k flush=5s;",
  "no sendfile, no log": "sendfile off; tcp_nopush off; output_buffers 2 64k; access_log off;",
  "no sendfile, access log":
    "sendfile off; tcp_nopush off; output_buffers 2 64k; access_log access.log cf buffer=64k flush=5s;",
} as const;

/** Where systems keep programs that not everybody runs. */
const ENVIRONMENT = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin` };

export type NginxVariant = keyof typeof NGINX_VARIANTS;

export interface Nginx extends AsyncDisposable {
  readonly version: string;
  readonly ports: Readonly<Record<NginxVariant, number>>;
  /** The worker, which does all the work. */
  readonly workerId: number | undefined;
}

/** `undefined`: nginx is not on this machine. */
export async function startNginx(originPort: number): Promise<Nginx | undefined> {
  const found = spawnSync("nginx", ["-v"], { encoding: "utf8", env: ENVIRONMENT });
  if (found.status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "warmfront-nginx-"));
  mkdirSync(join(folder, "cache"));
  const ports = {} as Record<NginxVariant, number>;
  for (const name of Object.keys(NGINX_VARIANTS) as NginxVariant[]) ports[name] = await freePort();
  writeFileSync(join(folder, "nginx.conf"), configuration(originPort, ports));
  const child = spawn("nginx", ["-p", folder, "-c", "nginx.conf", "-e", "error.log"], {
    stdio: "ignore",
    env: ENVIRONMENT,
  });
  const exited = once(child, "exit");
  await accepting(Object.values(ports));
  const workerId = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "latin1").trim().split(" ")[0]);
  for (const processId of [child.pid, workerId]) pin(processId, "server");
  return {
    version: found.stderr.trim().replace(/^nginx version: /, ""),
    ports,
    workerId,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
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
  keepalive_requests 10000000;
  keepalive_timeout 600;
  sendfile on; tcp_nodelay on; tcp_nopush on;
  open_file_cache max=1000 inactive=600s; open_file_cache_valid 600s;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  proxy_cache_path cache levels=1:2 keys_zone=c:10m max_size=1g use_temp_path=off inactive=1d;
  log_format cf '$time_iso8601\\tLCL50-P1\\t$bytes_sent\\t$remote_addr\\t$request_method\\t$host\\t$uri\\t$status\\t$http_referer\\t$http_user_agent\\t$args\\t$http_cookie\\t$upstream_cache_status\\t$request_id\\t$host\\thttp\\t$request_length\\t$request_time';
  upstream o { server 127.0.0.1:${originPort}; keepalive 16; }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_cache_key "$host$uri$is_args$args";
  add_header X-Cache "Hit from cloudfront";
  add_header Via "1.1 $request_id.cloudfront.net (CloudFront)";
  add_header X-Amz-Cf-Pop LCL50-P1;
  add_header X-Amz-Cf-Id $request_id;
  add_header Age 17;
  ${servers.join("")}
}
`;
}

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function accepting(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    for (let tried = 0; ; tried++) {
      const socket = connect(port, "127.0.0.1");
      const isUp = await Promise.race([
        once(socket, "connect").then(() => true),
        once(socket, "error").then(() => false),
      ]).catch(() => false);
      socket.destroy();
      if (isUp) break;
      if (tried > 100) throw new Error(`nginx does not listen on ${port}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
