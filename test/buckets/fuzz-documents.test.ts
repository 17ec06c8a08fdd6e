// Every operation of the bucket store that takes a document, with documents that were changed at random and with such as are
// made to break readers: each gets an answer that a client can read, small and soon, none is a fault of ours, who may not gets
// nothing by it, and what is taken is shown again and taken again.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test, type TestContext } from "node:test";
import { SaxesParser } from "saxes";
import { S3_ERRORS, type S3ErrorCode } from "../../src/buckets/errors.ts";
import { readElements } from "../../src/wire/xml-reader.ts";
import { diceOf, mutateBytes, mutateDocument, type Dice } from "../api/mutate.ts";
import { openBucketStage, textsOf, type Answered, type BucketStage } from "./bucket-stage.ts";

const SEED = Number(process.env["WARMFRONT_FUZZ_SEED"] ?? 20_261_120);
const isNightly = process.env["WARMFRONT_NIGHTLY"] === "1";
const COUNT = isNightly ? 200_000 : 6000;
/** Of an answer; the longest lists what a batch deleted. */
const ANSWER_BYTES_MAX = 1_000_000;

interface Row {
  readonly line: string;
  readonly document: string;
  /** Where what was taken is shown; "" where it is not. */
  readonly shown?: string;
  /** What the good document is answered, where it is not taken. */
  readonly refused?: S3ErrorCode;
}

const PART = "part";
const PART_TAG = createHash("md5").update(PART).digest("hex");
const ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers";
const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

function setting(parameter: string, document: string, bucket = "shop"): Row {
  return { line: `PUT /${bucket}?${parameter}`, document, shown: `GET /${bucket}?${parameter}` };
}

const ROWS: readonly Row[] = [
  setting(
    "cors",
    "<CORSConfiguration><CORSRule><ID>a</ID><AllowedOrigin>https://*.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>",
  ),
  setting(
    "website",
    "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument><ErrorDocument><Key>e.html</Key></ErrorDocument><RoutingRules><RoutingRule><Condition><KeyPrefixEquals>a/</KeyPrefixEquals></Condition><Redirect><ReplaceKeyPrefixWith>b/</ReplaceKeyPrefixWith><HttpRedirectCode>302</HttpRedirectCode></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>",
  ),
  setting("versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
  setting(
    "encryption",
    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
  ),
  setting(
    "publicAccessBlock",
    "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
  ),
  setting(
    "ownershipControls",
    "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerPreferred</ObjectOwnership></Rule></OwnershipControls>",
  ),
  setting(
    "tagging",
    "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key><Value/></Tag></TagSet></Tagging>",
  ),
  {
    line: "PUT /shop?lifecycle",
    document:
      "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix>a</Prefix></Filter><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
    refused: "NotImplemented",
  },
  {
    line: "PUT /shop?accelerate",
    document: "<AccelerateConfiguration><Status>Suspended</Status></AccelerateConfiguration>",
  },
  { line: "PUT /shop?logging", document: "<BucketLoggingStatus/>" },
  { line: "PUT /shop?notification", document: "<NotificationConfiguration/>" },
  {
    line: "PUT /shop/keep?tagging",
    document: "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>",
    shown: "GET /shop/keep?tagging",
  },
  {
    line: "POST /shop?delete",
    document:
      "<Delete><Object><Key>absent</Key></Object><Object><Key>gone</Key><VersionId>null</VersionId></Object><Quiet>false</Quiet></Delete>",
  },
  {
    line: "POST /shop/whole?uploadId=UPLOAD",
    document: `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"${PART_TAG}"</ETag></Part></CompleteMultipartUpload>`,
  },
  {
    line: "PUT /another",
    document:
      "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>",
  },
  setting(
    "acl",
    `<AccessControlPolicy><Owner><ID>OWNER</ID></Owner><AccessControlList><Grant><Grantee ${XSI} xsi:type="Group"><URI>${ALL_USERS}</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>`,
    "lists",
  ),
];

/** Rows on what strangers may never touch, whatever its owner puts. */
const isClosed = ({ line }: Row): boolean => !line.includes("/another") && !line.includes("/lists");

interface World extends BucketStage {
  readonly rows: () => Promise<readonly Row[]>;
}

async function openWorld(t: TestContext): Promise<World> {
  const stage = await openBucketStage(t);
  const { ask } = stage;
  const good = async (line: string, body = ""): Promise<Answered> => {
    const answered = await ask(line, { body });
    assert(answered.status < 300, `${line}: ${answered.text}`);
    return answered;
  };
  for (const bucket of ["shop", "lists"]) await good(`PUT /${bucket}`);
  await good("PUT /shop/keep", "kept");
  await good(
    "PUT /lists?ownershipControls",
    "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>",
  );
  await good("DELETE /lists?publicAccessBlock");
  const [owner = ""] = textsOf((await good("GET /lists?acl")).text, "ID");
  let upload = "";
  const rows = async (): Promise<readonly Row[]> => {
    const parts = upload === "" ? undefined : await ask(`GET /shop/whole?uploadId=${upload}`);
    if (parts?.status !== 200) {
      [upload = ""] = textsOf((await good("POST /shop/whole?uploads")).text, "UploadId");
      await good(`PUT /shop/whole?uploadId=${upload}&partNumber=1`, PART);
    }
    return ROWS.map((row) => ({
      ...row,
      line: row.line.replace("UPLOAD", upload),
      document: row.document.replace("OWNER", owner),
    }));
  };
  return { ...stage, rows };
}

function assertSound({ status, text, fields }: Answered, line: string): void {
  assert(text.length < ANSWER_BYTES_MAX, `${text.length} bytes of an answer`);
  if (text !== "" && fields.get("content-type") === "application/xml") {
    const parser = new SaxesParser({ xmlns: true });
    parser.on("error", (error) => {
      throw error;
    });
    parser.write(text).close();
  }
  if (status < 300) return;
  const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? "";
  assert(Object.hasOwn(S3_ERRORS, code), `${line}: ${text.slice(0, 500)}`);
  assert.equal(status, S3_ERRORS[code as S3ErrorCode].status);
  assert(status < 500 || code === "NotImplemented", `${line}: ${text.slice(0, 500)}`);
}

function mutate(document: string, dice: Dice): Uint8Array {
  let bytes: Uint8Array = Buffer.from(document);
  const read = readElements(bytes, { depthMax: 100 });
  if (read.kind === "ok" && dice.chance(0.8)) bytes = Buffer.from(mutateDocument(read.root, dice));
  if (dice.chance(0.3)) bytes = mutateBytes(bytes, dice);
  return bytes;
}

test("the documents that the fuzzing starts from are good ones", async (t) => {
  const { ask, rows } = await openWorld(t);
  for (const { line, document, refused = "" } of await rows()) {
    const { code, text } = await ask(line, { body: document });
    assert.equal(code, refused, `${line}: ${text}`);
  }
});

test(
  `${COUNT} changed documents are answered, and nobody gets at anything by them`,
  { timeout: 3_600_000 },
  async (t) => {
    const world = await openWorld(t);
    const { ask, rows } = world;
    let taken = 0;
    for (let step = 0; step < COUNT; step++) {
      const dice = diceOf(SEED + step * 104_729);
      const row = dice.pick(await rows());
      const body = mutate(row.document, dice);
      const as = isClosed(row) && dice.chance(0.2) ? dice.pick(["reader", "other", "nobody"] as const) : "owner";
      try {
        const answered = await ask(row.line, { as, body });
        assertSound(answered, row.line);
        assert.deepEqual(world.faults, []);
        // Of a batch each key is decided by itself, so the document is read first.
        if (as !== "owner" && row.line.includes("?delete")) assert.doesNotMatch(answered.text, /<Deleted>/);
        else if (as !== "owner") assert(answered.status === 403, `${as} is answered ${answered.status}`);
        if (answered.status >= 300 || as !== "owner") continue;
        taken++;
        if (row.line === "PUT /another") await ask("DELETE /another");
        if (row.shown === undefined) continue;
        const shown = await ask(row.shown);
        assertSound(shown, row.shown);
        assert.equal(shown.status, 200, shown.text);
        const again = await ask(row.line, { body: shown.bytes });
        assert(again.status < 300, `what is shown is not taken: ${shown.text} ${again.text}`);
        assert.equal((await ask(row.shown)).text, shown.text);
      } catch (error) {
        const shown = JSON.stringify(Buffer.from(body).toString("latin1").slice(0, 5000));
        throw new Error(`seed ${SEED}, step ${step}: ${as} ${row.line} ${shown}`, { cause: error });
      }
    }
    t.diagnostic(`${taken} were taken`);
    assert(taken > COUNT / 20 && taken < COUNT / 2, `${taken} were taken`);
    assert.equal((await ask("GET /shop/keep")).text, "kept");
  },
);

/** As large as documents may be, or as a quarter of that. */
const LARGE = isNightly ? 4_000_000 : 1_000_000;
const TOO_LARGE = 5_000_000;
const rootOf = (document: string): string => /^<(\w+)/.exec(document)?.[1] ?? "";

/** Of the root's name, since many are refused for another one already. */
const BOMBS: readonly (readonly [what: string, document: (root: string) => string])[] = [
  [
    "entities of entities",
    (root) =>
      `<!DOCTYPE ${root} [<!ENTITY a "aaaaaaaaaa">${Array.from("bcdefghi", (name, at) => `<!ENTITY ${name} "${`&${"abcdefgh"[at]};`.repeat(10)}">`).join("")}]><${root}>&i;</${root}>`,
  ],
  [
    "a file of the server",
    (root) => `<!DOCTYPE ${root} [<!ENTITY x SYSTEM "file:///etc/passwd">]><${root}>&x;</${root}>`,
  ],
  ["elements very deep", (root) => `<${root}>${"<a>".repeat(LARGE / 4)}`],
  ["very many elements", (root) => `<${root}>${"<a/>".repeat(LARGE / 4)}</${root}>`],
  ["a very long name", (root) => `<${root}><${"n".repeat(LARGE)}/></${root}>`],
  ["a very long name for the root", () => `<${"n".repeat(LARGE)}/>`],
  ["a very long text", (root) => `<${root}>${"t".repeat(LARGE)}</${root}>`],
  ["a very long attribute", (root) => `<${root} a="${"v".repeat(LARGE)}"/>`],
  [
    "very many attributes",
    (root) => `<${root}${Array.from({ length: LARGE / 16 }, (_, at) => ` a${at}="1"`).join("")}/>`,
  ],
  ["very many references", (root) => `<${root}>${"&#65;".repeat(LARGE / 5)}</${root}>`],
  ["a comment that never ends", (root) => `<${root}><!--${"-".repeat(LARGE)}`],
  ["more than may be", (root) => `<${root}>${" ".repeat(TOO_LARGE)}</${root}>`],
  ["more than may be, of no told length", (root) => `<${root}>${" ".repeat(TOO_LARGE)}</${root}>`],
];

test("documents that are made to break readers are answered soon, in few words", { timeout: 120_000 }, async (t) => {
  const { ask, rows, faults } = await openWorld(t);
  for (const [what, document] of BOMBS) {
    const slowest = { milliseconds: 0, line: "" };
    for (const row of await rows()) {
      const body = document(rootOf(row.document));
      const begun = performance.now();
      const asking = what.includes("no told length") ? { body, bodyLength: undefined } : { body };
      const { status, text } = await ask(row.line, asking);
      const milliseconds = performance.now() - begun;
      if (milliseconds > slowest.milliseconds) Object.assign(slowest, { milliseconds, line: row.line });
      // Attributes, and text where nobody looks for any, are passed over.
      assert(status < 500 || text.includes("NotImplemented"), `${what}, ${row.line}: ${status}`);
      if (row.line === "PUT /another" && status < 300) await ask("DELETE /another");
      assert(text.length < 5000, `${what}, ${row.line}: ${text.length} bytes of an answer`);
      assert.doesNotMatch(text, /root:/);
    }
    t.diagnostic(`${what}: ${slowest.milliseconds.toFixed(0)} ms (${slowest.line})`);
    assert(slowest.milliseconds < 3000, `${what}: ${slowest.milliseconds} ms, ${slowest.line}`);
  }
  assert.deepEqual(faults, []);
});

test("a setting is small, since every request to its bucket reads it", async (t) => {
  const { ask } = await openWorld(t);
  const website = (bytes: number): string =>
    `<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument><ErrorDocument><Key>${"k".repeat(bytes)}</Key></ErrorDocument></WebsiteConfiguration>`;
  assert.equal((await ask("PUT /shop?website", { body: website(131_072) })).code, "MaxMessageLengthExceeded");
  assert.equal((await ask("GET /shop?website")).code, "NoSuchWebsiteConfiguration");
});
