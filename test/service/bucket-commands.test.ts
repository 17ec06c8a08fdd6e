// Buckets, identities and distributions as they are made, filled and removed from a shell: from nothing to a private site, and back.

import { HeadObjectCommand, PutBucketVersioningCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocketServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { bucketClient } from "../support/bucket-client.ts";
import { startService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";
import { warmfront } from "../support/warmfront-command.ts";

test(
  "a folder becomes a private site with three commands, and is gone with three more",
  { timeout: 180_000 },
  async () => {
    await using service = await startService();
    using folder = mkdtempDisposableSync(join(tmpdir(), "warmfront-site-"));
    const run = async (...words: string[]): Promise<string> => {
      const { status, out, err } = await warmfront(...words, "--data-dir", service.dataDirectory);
      assert.equal(status, 0, `${words.join(" ")}: ${err}${out}`);
      return out;
    };
    mkdirSync(join(folder.path, "notes"));
    const large = Buffer.alloc(3_000_000, "warm");
    writeFileSync(join(folder.path, "index.html"), "<h1>Home</h1>");
    writeFileSync(join(folder.path, "notes/späße & more.html"), "<h1>Notes</h1>");
    writeFileSync(join(folder.path, "empty.css"), "");
    writeFileSync(join(folder.path, "large.bin"), large);
    symlinkSync(folder.path, join(folder.path, "notes/circle"));

    assert.equal(await run("buckets", "create", "site"), "site\n");
    assert.match(await run("buckets"), /^NAME +CREATED\nsite +20/);
    assert.equal(
      await run("buckets", "sync", folder.path, "site", "--cache-control", "max-age=60"),
      "site: 4 files uploaded, 3.0 MB\n",
    );
    const client = bucketClient(service);
    for (const [Key, type, body] of [
      ["index.html", "text/html; charset=utf-8", "<h1>Home</h1>"],
      ["notes/späße & more.html", "text/html; charset=utf-8", "<h1>Notes</h1>"],
      ["empty.css", "text/css; charset=utf-8", ""],
      ["large.bin", "application/octet-stream", large],
    ] as const) {
      const head = await client.send(new HeadObjectCommand({ Bucket: "site", Key }));
      assert.equal(head.ContentType, type);
      assert.equal(head.CacheControl, "max-age=60");
      assert.equal(head.ETag, `"${createHash("md5").update(body).digest("hex")}"`);
    }

    writeFileSync(join(folder.path, "index.html"), "<h1>HOME</h1>");
    await client.send(new PutObjectCommand({ Bucket: "site", Key: "old.html", Body: "old" }));
    assert.equal(
      await run("buckets", "sync", folder.path, "s3://site/"),
      "site: 3 unchanged, 1 file uploaded, 13 bytes\n",
    );
    assert.match(await run("buckets", "ls", "site/o"), /^20\S+ +3 {2}old\.html\n$/);
    assert.equal(
      await run("buckets", "sync", folder.path, "site", "--delete"),
      "site: 4 unchanged, 0 files uploaded, 0 bytes\n1 removed\n",
    );
    const copied = await run(
      "buckets",
      "cp",
      join(folder.path, "index.html"),
      "site/a/",
      "--content-type",
      "text/plain",
    );
    assert.equal(copied, "site: 1 file uploaded, 13 bytes\n");
    const listed = JSON.parse(await run("buckets", "ls", "site", "--json")) as { key: string }[];
    const keys = ["a/index.html", "empty.css", "index.html", "large.bin", "notes/späße & more.html"];
    assert.deepEqual(
      listed.map(({ key }) => key),
      keys,
    );

    const made = await run("distributions", "create", "--bucket", "site", "--comment", "from a shell");
    const [, id = "", domain = "", port] =
      /^(E\w+) {2}made\n\1 {2}in force after \d+\.\d s\nhttp:\/\/(d\w+\.cloudfront\.localhost):(\d+)\/\n$/.exec(made) ??
      [];
    assert.equal(Number(port), service.edgePort, made);
    assert.equal((await fetch(`${service.apiUrl}/site/index.html`)).status, 403);
    assert.equal((await view(service.edgePort, domain, "/")).body, "<h1>HOME</h1>");
    const [, identity = ""] = /^(E\w+) +identity +reads the bucket site .* E\w+$/m.exec(await run("identities")) ?? [];
    const policy = await run("buckets", "policy", "get", "site");
    assert.equal(policy.match(new RegExp(`Origin Access Identity ${identity}"`, "g"))?.length, 1, policy);
    assert.match(await run("identities", "grant", identity, "site"), /could already read the objects of site/);

    // What the policy says otherwise stays; a second distribution takes the same identity.
    const file = join(folder.path, "policy.json");
    writeFileSync(
      file,
      '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::site/a/*"}}',
    );
    await run("buckets", "policy", "put", "site", file);
    await run("distributions", "create", "--bucket", "site", "--root-object", "notes/index.html", "--no-wait");
    const { Statement } = JSON.parse(await run("buckets", "policy", "get", "site")) as {
      Statement: { Effect: string }[];
    };
    assert.deepEqual(
      Statement.map(({ Effect }) => Effect),
      ["Deny", "Allow"],
    );
    assert.equal((await view(service.edgePort, domain, "/a/index.html")).status, 403);
    const control = (await run("identities", "create", "--control", "docs")).trim();
    const unused = await warmfront("identities", "grant", control, "site", "--data-dir", service.dataDirectory);
    assert.match(unused.err, /no distribution uses the access control/);
    await run("identities", "delete", control);

    assert.match(await run("distributions", "disable", domain), /is now disabled\nE\w+ {2}in force after/);
    assert.equal((await view(service.edgePort, domain, "/")).status, 403);
    assert.match(await run("distributions", "enable", id), /is now enabled/);
    assert.match(await run("distributions", "enable", id), /was enabled/);
    const busy = await warmfront("identities", "delete", identity, "--data-dir", service.dataDirectory);
    assert.equal(busy.status, 1);
    assert.match(busy.err, new RegExp(`still being used.*\\(used by .*${id}`));
    for (const [each = ""] of (await run("distributions")).matchAll(/^E\w+/gm)) {
      assert.match(await run("distributions", "delete", each), new RegExp(`${each} {2}is gone\\n$`));
    }
    await run("identities", "delete", identity);

    const full = await warmfront("buckets", "delete", "site", "--data-dir", service.dataDirectory);
    assert.equal(full.status, 1);
    assert.match(full.err, /site is not empty: with --with-objects/);
    await client.send(
      new PutBucketVersioningCommand({ Bucket: "site", VersioningConfiguration: { Status: "Enabled" } }),
    );
    await client.send(new PutObjectCommand({ Bucket: "site", Key: "index.html", Body: "second" }));
    await client.send(new PutObjectCommand({ Bucket: "site", Key: "a\u0001<&>", Body: "unwritable" }));
    assert.equal(
      await run("buckets", "delete", "site", "--with-objects"),
      `site is gone, with ${keys.length + 2} objects\n`,
    );
    client.destroy();
  },
);

test("a distribution is made in front of a web server with one line", async () => {
  await using service = await startService();
  const here = ["--data-dir", service.dataDirectory];
  await using origin = await openOrigin();
  const url = `http://localhost:${origin.port}/app/`;
  const made = await warmfront("distributions", "create", "--origin", url, "--alias", "www.example.com", ...here);
  assert.equal(made.status, 0, made.err);
  assert.equal((await view(service.edgePort, "www.example.com", "/a?x=1")).body, "/app/a?x=1");
  for (const [words, status, message] of [
    [["create"], 2, /takes --origin URL or --bucket NAME\nUsage: warmfront distributions/],
    [["create", "--origin", "localhost:3000"], 2, /--origin is a URL like http:\/\/localhost:3000, found/],
    [["create", "--origin", "http://localhost/?x"], 2, /no more than host, port and path/],
    [["create", "--bucket", "nobodys"], 1, /nobodys: .*does not exist/],
    [["create", "--origin", "http://localhost", "--alias", "www.example.com"], 1, /www\.example\.com|CNAME|alias/i],
    [["delete", "www.example.org"], 1, /is no id, domain name or alias.*did you mean www\.example\.com/],
    [["remove"], 2, /distributions takes one of list, create, enable, disable, delete, found "remove"/],
    [["enable"], 2, /takes the id, domain name or alias of a distribution/],
    [["list", "--timeout", "soon"], 2, /--timeout is a number of seconds/],
  ] as const) {
    const run = await warmfront("distributions", ...words, ...here);
    assert.equal(run.status, status, words.join(" ") + run.err);
    assert.match(run.err, message);
  }
});

test("what buckets cannot do says why, and a failed upload what is up", async () => {
  await using service = await startService();
  using folder = mkdtempDisposableSync(join(tmpdir(), "warmfront-site-"));
  const here = ["--data-dir", service.dataDirectory];
  writeFileSync(join(folder.path, "a.html"), "a");
  assert.equal((await warmfront("buckets", "create", "tour", ...here)).status, 0);
  const website = await warmfront("buckets", "website", "put", "tour", "--error", "404 & more.html", ...here);
  assert.equal(website.out, "tour.s3-website-us-east-1.amazonaws.com\n");
  assert.match(
    (await warmfront("buckets", "website", "get", "tour", ...here)).out,
    /^origin +tour\.s3-website.*\nindex +index\.html\nerror +404 & more\.html\n$/,
  );
  assert.equal((await warmfront("buckets", "website", "delete", "tour", ...here)).status, 0);
  for (const [words, status, message] of [
    [["create", "UPPER"], 1, /UPPER: .*not valid/],
    [["create", "tour", "more"], 2, /buckets create takes the name of a bucket, found "tour more"\nUsage: /],
    [["make"], 2, /buckets takes one of list, create/],
    [["ls", "nobodys"], 1, /nobodys: The specified bucket does not exist/],
    [["cp", join(folder.path, "b.html"), "tour"], 1, /cannot read .*b\.html/],
    [["cp", folder.path, "tour", "--cache-control", "max-age=1\n"], 2, /--cache-control is the value of a field/],
    [["cp", folder.path, "nobodys"], 1, /nobodys\/a\.html: .*does not exist; 0 of 1 files were uploaded/],
    [["sync", join(folder.path, "a.html"), "tour"], 2, /is not a folder: for one file there is buckets cp/],
    [["policy", "get", "tour"], 1, /tour: The bucket policy does not exist/],
    [["policy", "put", "tour", join(folder.path, "a.html")], 1, /a\.html is not JSON/],
    [["policy", "put", "tour"], 2, /policy takes get BUCKET, put BUCKET FILE, or delete BUCKET/],
    [["website", "get", "tour"], 1, /tour: .*website/i],
    [["delete", "nobodys", "--with-objects"], 1, /nobodys: .*does not exist/],
  ] as const) {
    const run = await warmfront("buckets", ...words, ...here);
    assert.equal(run.status, status, words.join(" ") + run.err);
    assert.match(run.err, message);
  }
  await service.end();
  const none = await warmfront("buckets", ...here, "--api-port", String(service.apiPort));
  assert.match(none.err, /no server answers at http/);
});

test("what is no bucket store is told as such, and one that breaks off is not waited for", async () => {
  for (const [words, answer, message] of [
    [["list"], "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", /does not speak S3/],
    [["ls", "a"], "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>", /does not speak S3/],
    [["delete", "a", "--with-objects"], "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>", /does not speak S3/],
    [["list"], "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", /does not speak S3: .* \(status 500\)/],
    [["ls", "a"], "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<ListBucketResult", /the answer broke off/],
    [["list"], "SSH-2.0-OpenSSH_9.2\r\n", /does not speak S3/],
    [["create", "a"], "", /socket hang up/],
  ] as const) {
    await using server = await openAnswering(answer);
    const run = await warmfront("buckets", ...words, "--api-port", String(server.port));
    assert.equal(run.status, 1, run.out);
    assert.match(run.err, message);
  }
});

/** Says this to whoever says something, and no more. */
async function openAnswering(answer: string): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createSocketServer((socket) => {
    socket.on("error", () => undefined).once("data", () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Answers with the target that it was asked for. */
async function openOrigin(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((request, response) => response.end(request.url));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
