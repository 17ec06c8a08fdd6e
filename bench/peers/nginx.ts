// nginx as a caching proxy in front of the bench's origin, with a buffered access log of CloudFront's fields, in every
// configuration that has been found to be its best for something: with sendfile or without, head and body in one packet or not.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchCertificates, KeyKind } from "./certificates.ts";
import { freePort, openPeerFolder, pinTree, startProgram, versionOf } from "./peer.ts";

const VARIANTS = {
  sendfile: "",
  "sendfile, no nopush": "tcp_nopush off;",
  "no sendfile": "sendfile off; tcp_nopush off; output_buffers 2 64k;",
} as const;

export type NginxVariant = keyof typeof VARIANTS;
export const NGINX_VARIANTS = Object.keys(VARIANTS) as NginxVariant[];

/** Over TLS nothing is sent from a file to the socket, so that two of the variants are one. */
export const NGINX_TLS_VARIANTS: readonly NginxVariant[] = ["sendfile", "no sendfile"];

export interface NginxPeer extends AsyncDisposable {
  readonly version: string;
  readonly roots: readonly number[];
  readonly http: Readonly<Record<NginxVariant, number>>;
  /** With the certificate on P-256. */
  readonly https: Readonly<Record<NginxVariant, number>>;
  readonly http2: Readonly<Record<NginxVariant, number>>;
  /** For handshakes, by the certificate's kind. */
  readonly handshakes: Readonly<Record<KeyKind, number>>;
}

export async function startNginxPeer(given: {
  readonly originPort: number;
  readonly certificates: BenchCertificates;
  readonly workers: number;
}): Promise<NginxPeer> {
  const folder = openPeerFolder("nginx");
  const take = async (): Promise<Record<NginxVariant, number>> => {
    const ports = {} as Record<NginxVariant, number>;
    for (const variant of NGINX_VARIANTS) ports[variant] = await freePort();
    return ports;
  };
  const http = await take();
  const https = await take();
  const http2 = await take();
  const rsa = await freePort();
  const shared = given.workers > 1 ? " reuseport" : "";
  const servers = NGINX_VARIANTS.map((variant, index) => {
    const listening = `
    listen 127.0.0.1:${http[variant]} backlog=4096${shared};
    listen 127.0.0.1:${https[variant]} ssl backlog=4096${shared};
    listen 127.0.0.1:${http2[variant]} ssl http2 backlog=4096${shared};
    ${certificateLines(given.certificates, "ecdsa")}
    ${VARIANTS[variant]}`;
    return formatServer(listening, `access-${index}.log`);
  });
  const ofRsa = `listen 127.0.0.1:${rsa} ssl backlog=4096${shared}; ${certificateLines(given.certificates, "rsa")}`;
  servers.push(formatServer(ofRsa, "access-rsa.log"));
  const log = join(folder.path, "error.log");
  writeFileSync(join(folder.path, "nginx.conf"), formatConfiguration(given, servers));
  const ports = [http, https, http2].flatMap((each) => Object.values(each));
  const started = await startProgram("nginx", ["-p", folder.path, "-c", "nginx.conf", "-e", log], {
    ports: [...ports, rsa],
    log,
  });
  const roots = [started.processId];
  pinTree(roots, given.workers === 1 ? "server" : "any");
  return {
    version: versionOf("nginx", "-v"),
    roots,
    http,
    https,
    http2,
    handshakes: { ecdsa: https.sendfile, rsa },
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

function certificateLines({ pem, key }: BenchCertificates, kind: KeyKind): string {
  return `ssl_certificate ${pem[kind]}; ssl_certificate_key ${key[kind]};`;
}

function formatServer(listening: string, log: string): string {
  return `
  server {
    ${listening}
    access_log ${log} cf buffer=64k flush=5s;
    location / { proxy_cache c; proxy_pass http://o; }
    location /nc/ { proxy_pass http://o; }
  }`;
}

/** The ciphers in the edge's order: AES of 128 bits first, which is the cheapest for both. */
function formatConfiguration(
  { originPort, workers }: { readonly originPort: number; readonly workers: number },
  servers: readonly string[],
): string {
  return `
daemon off;
${process.getuid?.() === 0 ? "user root;" : ""}
worker_processes ${workers};
pid nginx.pid;
events { worker_connections 20000; }
http {
  default_type text/plain;
  keepalive_requests 100000000;
  keepalive_timeout 600;
  sendfile on; tcp_nodelay on; tcp_nopush on;
  open_file_cache max=1000 inactive=600s; open_file_cache_valid 600s;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  proxy_cache_path cache levels=1:2 keys_zone=c:100m max_size=4g use_temp_path=off inactive=1d;
  log_format cf '$time_iso8601\\tLCL50-P1\\t$bytes_sent\\t$remote_addr\\t$request_method\\t$host\\t$uri\\t$status\\t$http_referer\\t$http_user_agent\\t$args\\t$http_cookie\\t$upstream_cache_status\\t$request_id\\t$host\\t$scheme\\t$request_length\\t$request_time';
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_prefer_server_ciphers on;
  ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;
  ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256;
  ssl_session_cache shared:s:10m;
  upstream o { server 127.0.0.1:${originPort}; keepalive 128; keepalive_requests 100000000; }
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
