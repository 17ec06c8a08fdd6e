// The AWS CLI as its users run it, version 1 or 2, against the whole service: every command of distributions, streaming
// distributions, identities, invalidations and tags, the waiters, the pages, and what it prints when it is refused.
//
// `--endpoint-url` is given because Debian's 2.9 does not read AWS_ENDPOINT_URL yet.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { smallConfig } from "../support/distribution.ts";
import { clientEnvironment, startService, type RunningService } from "../support/running-service.ts";
import { openTestOrigin, view } from "../support/test-origin.ts";
import { clearedEnvironment, findAws, runProgram, type Ended } from "./program.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

const AWS = await findAws();

interface Key {
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  readonly AWS_SESSION_TOKEN?: string;
}

/** What the CLI reads of an answer; the tests say which members they expect. */
interface Answer {
  // oxlint-disable-next-line typescript/no-explicit-any -- JSON of many shapes; each test asserts on what it reads.
  readonly [member: string]: any;
}

// Each call starts an interpreter, which is what takes the time: two at once, as the machines that run this have cores.
describe("the AWS CLI", { skip: AWS === undefined && "there is no AWS CLI on this machine", concurrency: 2 }, () => {
  let service: RunningService;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "warmfront-aws-cli-"));
    service = await startService();
  });
  after(async () => {
    await service?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  function run(words: readonly string[], key: Partial<Key> = {}): Promise<Ended> {
    return runProgram(AWS ?? "", [...words, "--endpoint-url", service.apiUrl], {
      environment: { ...clearedEnvironment(folder), ...clientEnvironment(service), ...key },
      folder,
      // Less than the minute that a waiter sleeps between two looks.
      timeoutSeconds: 55,
    });
  }

  /** Runs a command that has to succeed; what it prints, read. */
  async function aws(words: readonly string[], key: Partial<Key> = {}): Promise<Answer> {
    const { status, out, err } = await run(words, key);
    assert.equal(status, 0, `aws ${words.join(" ")}: ${err}`);
    return out === "" ? {} : (JSON.parse(out) as Answer);
  }
  const cloudfront = (command: string, ...words: string[]): Promise<Answer> => aws(["cloudfront", command, ...words]);

  /** Waits, and holds that the first look found what was waited for: the next one would be after 20 to 60 seconds. */
  async function wait(what: string, ...words: string[]): Promise<void> {
    const { status, err } = await run(["cloudfront", "wait", what, ...words, "--debug"]);
    assert.equal(status, 0, err);
    assert.equal(err.match(/Making request for OperationModel/g)?.length, 1, `looks of wait ${what}`);
  }

  async function refusal(words: readonly string[], key: Partial<Key> = {}): Promise<string> {
    const { status, out, err } = await run(words, key);
    // 254 is version 2's for an answer that is an error, 255 version 1's.
    assert(status === 254 || status === 255, `aws ${words.join(" ")} ended with ${status}: ${out}${err}`);
    return err.trim();
  }
  const refused = (command: string, ...words: string[]): Promise<string> => refusal(["cloudfront", command, ...words]);

  let files = 0;
  /** A JSON document as `file://…`. */
  function file(document: object): string {
    const path = join(folder, `${++files}.json`);
    writeFileSync(path, JSON.stringify(document));
    return `file://${path}`;
  }

  async function newKey(account: string, ...words: string[]): Promise<Key> {
    const made = await runProgram(
      process.execPath,
      [MAIN, "access-keys", "create", "--account", account, "--data-dir", service.dataDirectory, ...words],
      { environment: clearedEnvironment(folder), folder, timeoutSeconds: 30 },
    );
    const [, id = "", secret = ""] = /AWS_ACCESS_KEY_ID=(\S+) AWS_SECRET_ACCESS_KEY=(\S+)/.exec(made.out) ?? [];
    assert(secret !== "", made.err);
    return { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret };
  }

  test("a distribution made by --origin-domain-name serves, is changed, invalidated, disabled and deleted", async () => {
    await using origin = await openTestOrigin((path) => ({
      headers: { "Cache-Control": "max-age=300" },
      body: `page ${path}`,
    }));
    const origins = ["--origin-domain-name", "localhost", "--default-root-object", "index.html"];
    const created = await cloudfront("create-distribution", ...origins);
    const { Id: id, DomainName: domain, DistributionConfig: made } = created["Distribution"];
    assert.match(made.CallerReference, /^cli-/);
    assert.equal(created["Location"], `${service.apiUrl}/2020-05-31/distribution/${id}`);
    assert.equal(made.DefaultRootObject, "index.html");
    assert.deepEqual(made.Origins.Items[0].CustomOriginConfig.HTTPPort, 80);
    await wait("distribution-deployed", "--id", id);
    assert.equal((await cloudfront("get-distribution", "--id", id))["Distribution"].Status, "Deployed");

    const { ETag: first, DistributionConfig: config } = await cloudfront("get-distribution-config", "--id", id);
    assert.deepEqual(config, made);
    config.Origins.Items[0].CustomOriginConfig.HTTPPort = origin.port;
    const change = ["--id", id, "--distribution-config"];
    const updated = await cloudfront("update-distribution", ...change, file(config), "--if-match", first);
    assert.notEqual(updated["ETag"], first);
    assert.deepEqual(updated["Distribution"].DistributionConfig, config);
    await wait("distribution-deployed", "--id", id);
    const answers = async (path: string, cache: string, body: string): Promise<void> => {
      const viewed = await view(service.edgePort, domain, path);
      assert.deepEqual(
        [viewed.status, viewed.headers["x-cache"], viewed.body],
        [200, `${cache} from cloudfront`, body],
      );
    };
    await answers("/", "Miss", "page /index.html");
    await answers("/", "Hit", "page /index.html");

    const batch = await cloudfront("create-invalidation", "--distribution-id", id, "--paths", "/index.html", "/a/*");
    const { Id: invalidation, InvalidationBatch: asked } = batch["Invalidation"];
    assert.deepEqual(asked.Paths.Items.toSorted(), ["/a/*", "/index.html"]);
    const which = ["--distribution-id", id, "--id", invalidation];
    await wait("invalidation-completed", ...which);
    await answers("/", "Miss", "page /index.html");
    const found = await cloudfront("get-invalidation", ...which);
    assert.equal(found["Invalidation"].Status, "Completed");
    assert.deepEqual(found["Invalidation"].InvalidationBatch, asked);
    const repeat = ["--distribution-id", id, "--invalidation-batch", file(asked)];
    assert.equal((await cloudfront("create-invalidation", ...repeat))["Invalidation"].Id, invalidation);
    const { InvalidationList: invalidations } = await cloudfront("list-invalidations", "--distribution-id", id);
    assert.deepEqual(
      invalidations.Items.map((item: Answer) => [item["Id"], item["Status"]]),
      [[invalidation, "Completed"]],
    );

    const root = await cloudfront("update-distribution", "--id", id, "--default-root-object", "home.html");
    assert.equal(root["Distribution"].DistributionConfig.DefaultRootObject, "home.html");
    await wait("distribution-deployed", "--id", id);
    await answers("/", "Miss", "page /home.html");

    assert.match(
      await refused("delete-distribution", "--id", id, "--if-match", root["ETag"]),
      /^An error occurred \(DistributionNotDisabled\) when calling the DeleteDistribution operation: /,
    );
    const off = file({ ...root["Distribution"].DistributionConfig, Enabled: false });
    const disabled = await cloudfront("update-distribution", ...change, off, "--if-match", root["ETag"]);
    await wait("distribution-deployed", "--id", id);
    assert.equal((await view(service.edgePort, domain, "/")).status, 403);
    assert.deepEqual(await cloudfront("delete-distribution", "--id", id, "--if-match", disabled["ETag"]), {});
    assert.equal(
      await refused("get-distribution", "--id", id),
      "An error occurred (NoSuchDistribution) when calling the GetDistribution operation: The specified distribution does not exist.",
    );
  });

  test("--origin-domain-name with a bucket's name makes an S3 origin", async () => {
    const name = "site.s3.amazonaws.com";
    const { Distribution: made } = await cloudfront("create-distribution", "--origin-domain-name", name);
    const origin = made.DistributionConfig.Origins.Items[0];
    assert.deepEqual([origin.DomainName, origin.S3OriginConfig], [name, { OriginAccessIdentity: "" }]);
  });

  test("a distribution made from a file keeps its tags, and they are added, replaced and taken away", async () => {
    const tags = { Items: [{ Key: "stage", Value: "test" }, { Key: "bare" }] };
    const both = file({ DistributionConfig: smallConfig(80), Tags: tags });
    const made = await cloudfront("create-distribution-with-tags", "--distribution-config-with-tags", both);
    const { ARN: arn } = made["Distribution"];
    const listed = async (): Promise<Answer[]> => {
      const { Tags: found } = await cloudfront("list-tags-for-resource", "--resource", arn);
      return found.Items.toSorted((one: Answer, other: Answer) => (one["Key"] < other["Key"] ? -1 : 1));
    };
    assert.deepEqual(
      (await listed()).map((tag) => [tag["Key"], tag["Value"] ?? ""]),
      [
        ["bare", ""],
        ["stage", "test"],
      ],
    );
    await cloudfront(
      "tag-resource",
      "--resource",
      arn,
      "--tags",
      "Items=[{Key=stage,Value=live},{Key=team,Value=web}]",
    );
    await cloudfront("untag-resource", "--resource", arn, "--tag-keys", "Items=[bare]");
    assert.deepEqual(await listed(), [
      { Key: "stage", Value: "live" },
      { Key: "team", Value: "web" },
    ]);
  });

  test("lists come in pages of any size, and whole", async () => {
    const key = await newKey("200000000001");
    const made: string[] = [];
    for (const config of Array.from({ length: 5 }, () => file(smallConfig(80)))) {
      const words = ["cloudfront", "create-distribution", "--distribution-config", config];
      made.push((await aws(words, key))["Distribution"].Id);
    }
    const list = async (...words: string[]): Promise<[ids: string[], token: string | undefined]> => {
      const answer = await aws(["cloudfront", "list-distributions", ...words], key);
      const items: Answer[] = answer["DistributionList"].Items;
      return [items.map((item) => item["Id"]), answer["NextToken"]];
    };
    const [all, end] = await list();
    assert.deepEqual([all.toSorted(), end], [made.toSorted(), undefined]);
    assert.deepEqual(await list("--page-size", "2"), [all, undefined]);

    const [first, token] = await list("--max-items", "2");
    assert.equal(first.length, 2);
    assert(token !== undefined);
    const [second, next] = await list("--max-items", "2", "--starting-token", token);
    assert(next !== undefined);
    const [third, last] = await list("--max-items", "2", "--starting-token", next);
    assert.equal(last, undefined);
    assert.deepEqual([...first, ...second, ...third], all);

    const [page] = await list("--no-paginate", "--max-items", "3");
    assert.deepEqual(page, all.slice(0, 3));
  });

  test("list-distributions-by-web-acl-id finds those of one web ACL, and those of none by null", async () => {
    const key = await newKey("200000000002");
    const acl = "11111111-2222-3333-4444-555555555555";
    const create = async (config: object): Promise<string> =>
      (await aws(["cloudfront", "create-distribution", "--distribution-config", file(config)], key))["Distribution"].Id;
    const guarded = await create({ ...smallConfig(80), WebACLId: acl });
    const bare = await create(smallConfig(80));
    for (const [asked, expected] of [
      [acl, guarded],
      ["null", bare],
    ] as const) {
      const words = ["cloudfront", "list-distributions-by-web-acl-id", "--web-acl-id", asked];
      const found = (await aws(words, key))["DistributionList"].Items;
      assert.deepEqual(
        found.map((item: Answer) => item["Id"]),
        [expected],
      );
    }
  });

  test("streaming distributions are created, read, updated, waited for and deleted", async () => {
    const config = {
      CallerReference: "stream",
      S3Origin: { DomainName: "films.s3.amazonaws.com", OriginAccessIdentity: "" },
      Aliases: { Quantity: 1, Items: ["films.example.test"] },
      Comment: "",
      TrustedSigners: { Enabled: false, Quantity: 0 },
      Enabled: true,
    };
    const given = ["--streaming-distribution-config", file(config)];
    const created = await cloudfront("create-streaming-distribution", ...given);
    const { Id: id } = created["StreamingDistribution"];
    const which = ["--id", id];
    await wait("streaming-distribution-deployed", ...which);
    assert.equal(
      (await cloudfront("get-streaming-distribution", ...which))["StreamingDistribution"].Status,
      "Deployed",
    );
    const read = await cloudfront("get-streaming-distribution-config", ...which);
    const { StreamingDistributionConfig: stored, ETag: revision } = read;
    assert.deepEqual({ ...stored, ...config }, stored);
    const off = ["--streaming-distribution-config", file({ ...stored, Comment: "off", Enabled: false })];
    const updated = await cloudfront("update-streaming-distribution", ...which, ...off, "--if-match", revision);
    await wait("streaming-distribution-deployed", ...which);
    const { StreamingDistributionList: list } = await cloudfront("list-streaming-distributions");
    assert.deepEqual(
      list.Items.map((item: Answer) => [item["Id"], item["Comment"], item["Enabled"]]),
      [[id, "off", false]],
    );
    await cloudfront("delete-streaming-distribution", ...which, "--if-match", updated["ETag"]);
    assert.match(await refused("get-streaming-distribution", ...which), /\(NoSuchStreamingDistribution\)/);
  });

  test("identities are created, read, updated, listed and deleted", async () => {
    const config = "--cloud-front-origin-access-identity-config";
    const identity = (verb: string, ...words: string[]): Promise<Answer> =>
      cloudfront(`${verb}-cloud-front-origin-access-identity`, ...words);
    const shorthand = "CallerReference=mine,Comment=first";
    const created = await identity("create", config, shorthand);
    const { Id: id, S3CanonicalUserId: user } = created["CloudFrontOriginAccessIdentity"];
    const again = await identity("create", config, shorthand);
    assert.equal(again["CloudFrontOriginAccessIdentity"].Id, id, "an identical repeat answers with the first");
    assert.match(user, /^[0-9a-f]{64}$/);
    const { ETag: revision } = await identity("get", "--id", id);
    const changed = "CallerReference=mine,Comment=second";
    const updated = await identity("update", "--id", id, config, changed, "--if-match", revision);
    const read = await cloudfront("get-cloud-front-origin-access-identity-config", "--id", id);
    assert.deepEqual(read, {
      ETag: updated["ETag"],
      CloudFrontOriginAccessIdentityConfig: { CallerReference: "mine", Comment: "second" },
    });
    const { CloudFrontOriginAccessIdentityList: list } = await cloudfront("list-cloud-front-origin-access-identities");
    assert.deepEqual(list.Items, [{ Id: id, S3CanonicalUserId: user, Comment: "second" }]);
    const remove = ["delete-cloud-front-origin-access-identity", "--id", id, "--if-match"] as const;
    assert.match(await refused(...remove, revision), /\(PreconditionFailed\)/);
    await cloudfront(...remove, updated["ETag"]);
    assert.match(
      await refused("get-cloud-front-origin-access-identity", "--id", id),
      /\(NoSuchCloudFrontOriginAccessIdentity\)/,
    );
  });

  test("a refusal prints its code, the operation, and what to do about it", async () => {
    const config = smallConfig(80, "refusals");
    const created = await cloudfront("create-distribution", "--distribution-config", file(config));
    const { Id: id, DistributionConfig: stored } = created["Distribution"];
    const { DefaultCacheBehavior: behavior } = config;
    const update = ["update-distribution", "--id", id, "--distribution-config", file(stored)];
    const create = (changes: object): string[] => [
      "create-distribution",
      "--distribution-config",
      file({ ...smallConfig(80), ...changes }),
    ];
    const rows: [words: string[], operation: string, code: string, message: string | RegExp][] = [
      [
        ["create-distribution", "--distribution-config", file(config)],
        "CreateDistribution",
        "DistributionAlreadyExists",
        `The caller reference that you are using to create a distribution is associated with another distribution. Already exists: ${id}`,
      ],
      [
        update,
        "UpdateDistribution",
        "InvalidIfMatchVersion",
        "The If-Match version is missing or not valid for the resource.",
      ],
      [
        create({ DefaultCacheBehavior: { ...behavior, TargetOriginId: "elsewhere" } }),
        "CreateDistribution",
        "NoSuchOrigin",
        /^One or more of your origins or origin groups do not exist\.$/,
      ],
      [
        create({ DefaultCacheBehavior: { ...behavior, SmoothStreaming: true } }),
        "CreateDistribution",
        "InvalidArgument",
        /^The parameter SmoothStreaming of the default cache behavior is not carried out by this server yet: .* \(false\)\.$/,
      ],
      [
        ["create-invalidation", "--distribution-id", id, "--paths", "no-slash"],
        "CreateInvalidation",
        "InvalidArgument",
        /^Your request contains one or more invalid invalidation paths\.$/,
      ],
      [
        ["get-invalidation", "--distribution-id", id, "--id", "INONE"],
        "GetInvalidation",
        "NoSuchInvalidation",
        "The specified invalidation does not exist.",
      ],
      [
        ["list-tags-for-resource", "--resource", "arn:aws:cloudfront::000000000000:distribution/ENONE"],
        "ListTagsForResource",
        "NoSuchResource",
        /./,
      ],
      [["list-cache-policies"], "ListCachePolicies", "UnsupportedOperation", /^ListCachePolicies is not built yet/],
    ];
    for (const [words, operation, code, message] of rows) {
      const printed = await refused(words[0] ?? "", ...words.slice(1));
      const [, found, called, said = ""] =
        /^An error occurred \((\w+)\) when calling the (\w+) operation: (.*)$/s.exec(printed) ?? [];
      assert.deepEqual([found, called], [code, operation], printed);
      if (typeof message === "string") assert.equal(said, message);
      else assert.match(said, message);
    }
  });

  test("sts tells who calls, and its session keys work until they are changed", async () => {
    const key = await newKey("200000000003", "--user", "ann");
    const caller = await aws(["sts", "get-caller-identity"], key);
    const arn = "arn:aws:iam::200000000003:user/ann";
    assert.deepEqual([caller["Account"], caller["Arn"]], ["200000000003", arn]);
    const { Credentials: session } = await aws(["sts", "get-session-token", "--duration-seconds", "900"], key);
    const sessionKey = {
      AWS_ACCESS_KEY_ID: session.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: session.SecretAccessKey,
      AWS_SESSION_TOKEN: session.SessionToken,
    };
    assert.equal((await aws(["sts", "get-caller-identity"], sessionKey))["Arn"], arn);
    const list = ["cloudfront", "list-distributions"];
    assert.deepEqual(await aws(list, sessionKey), {});
    assert.match(
      await refusal(list, { ...sessionKey, AWS_SESSION_TOKEN: "another" }),
      /^An error occurred \(InvalidClientTokenId\) when calling the ListDistributions operation: /,
    );
  });

  test("a key that is wrong, and one that may only read, are told so", async () => {
    const list = ["cloudfront", "list-distributions"];
    assert.match(
      await refusal(list, { AWS_SECRET_ACCESS_KEY: "wrong" }),
      /^An error occurred \(SignatureDoesNotMatch\) when calling the ListDistributions operation: .*Check your AWS Secret Access Key/,
    );
    const reader = await newKey("200000000004", "--access", "read-only");
    assert.deepEqual(await aws(list, reader), {});
    assert.equal(
      await refusal(["cloudfront", "create-distribution", "--origin-domain-name", "localhost"], reader),
      "An error occurred (AccessDenied) when calling the CreateDistribution operation: " +
        "User: arn:aws:iam::200000000004:user/reader is not authorized to perform: cloudfront:CreateDistribution " +
        "on resource: arn:aws:cloudfront::200000000004:distribution/* because no identity-based policy allows " +
        "the cloudfront:CreateDistribution action",
    );
  });
});
