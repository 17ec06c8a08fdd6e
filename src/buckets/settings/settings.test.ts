import assert from "node:assert/strict";
import test from "node:test";
import { openMemoryStore } from "../../store/memory/open-memory-store.ts";
import { NO_CLAIMS, type ResourceDraft, type Store } from "../../store/store.ts";
import type { ResourceId } from "../../vocabulary/ids.ts";
import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import { epochMs } from "../../vocabulary/time.ts";
import { ALICE, BOB, bucketWith, CANONICAL, facts, IDENTITY, PRINCIPALS } from "../access/access-samples.ts";
import type { PrincipalKind } from "../access/access-samples.ts";
import { formatPublicAccessBlock, NO_BLOCK, WHOLE_BLOCK } from "../access/access-settings.ts";
import { decideAccess } from "../access/decide-access.ts";
import { canonicalUserIdOf, identityArn } from "../access/principal.ts";
import { S3_ERRORS } from "../errors.ts";
import { findOperation } from "../find-operation.ts";
import { fail, type AtBucket, type BucketOutcome, type BucketService } from "../operation.ts";
import { OPERATIONS } from "../operations.ts";
import { settingsOfNewBucket } from "./new-bucket.ts";

type Settings = Parameters<typeof bucketWith>[0];

/** A store with one bucket of Alice's, and one identity of hers. */
async function openWith(settings: Settings = {}): Promise<Store> {
  const store = await openMemoryStore();
  await store.buckets.createBucket(bucketWith(settings), 100);
  const draft: ResourceDraft<"origin-access-identity"> = {
    kind: "origin-access-identity",
    id: IDENTITY,
    account: ALICE,
    reference: "c",
    config: { CallerReference: "c", Comment: "" },
    handle: CANONICAL,
    creationDigest: "d",
    claims: NO_CLAIMS,
    tags: [],
  };
  const created = await store.resources.create(draft, 100, epochMs(0));
  assert.equal(created.kind, "created");
  return store;
}

interface Sent {
  readonly as?: PrincipalKind;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request, as `serve-buckets.ts` makes of it once it knows who asks. */
async function send(store: Store, line: string, { as = "owner", fields = {}, body = "" }: Sent = {}) {
  const [method = "", target = ""] = line.split(" ");
  const [path = "", rawQuery = ""] = target.split("?");
  const key = path.slice(1);
  const query = new Map(new URLSearchParams(rawQuery));
  const base = facts({ fields });
  const row = findOperation(
    { kind: "object", bucket: "photos", key: key === "" ? undefined : key } as never,
    { method, query, field: base.field },
    OPERATIONS,
  );
  const bucket = await store.buckets.getBucket("photos");
  assert(bucket !== undefined);
  const principal = PRINCIPALS[as];
  const bytes = Buffer.from(body);
  const asked = { principal, facts: { ...base, query } };
  const context = {
    ...base,
    query,
    service: { store, limits: DEFAULT_LIMITS } as unknown as BucketService,
    principal,
    requestId: "r",
    method,
    fields: Object.entries(fields),
    body: (async function* () {
      yield bytes;
    })(),
    bodyLength: bytes.length,
    trailers: () => new Map<string, string>(),
    authorize: (what: Parameters<AtBucket["authorize"]>[0]) =>
      decideAccess({ ...asked, ...what }).kind === "allowed" ? undefined : fail("AccessDenied"),
    bucket,
  };
  if ("kind" in row) return shown(row);
  if (row.on === "object") {
    const found = await store.buckets.getObject("photos", key);
    return shown(await row.operate({ ...context, key, found }));
  }
  assert(row.on === "bucket");
  const actions = typeof row.actions === "string" ? [row.actions] : row.actions(context);
  for (const action of actions) {
    const refused = context.authorize({ action, bucket });
    if (refused !== undefined) return shown(refused);
  }
  return shown(await row.operate(context));
}

function shown(outcome: BucketOutcome): { readonly status: number; readonly code: string; readonly text: string } {
  if (outcome.kind === "failure") {
    const { status, message } = S3_ERRORS[outcome.code];
    return { status, code: outcome.code, text: outcome.message ?? message };
  }
  const text = outcome.body.kind === "text" ? outcome.body.text : "";
  return { status: outcome.status, code: "", text: text.replace(/^<\?xml[^>]*>\n/, "") };
}

function open(settings: Partial<typeof NO_BLOCK> = {}): string {
  return formatPublicAccessBlock({ ...NO_BLOCK, ...settings });
}

test("a bucket that was just made answers every question that Terraform asks, as S3 does", async () => {
  const made = settingsOfNewBucket({ field: () => undefined, fields: [] });
  await using store = await openWith(made as Settings);
  const NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
  const rows: readonly (readonly [string, number, string])[] = [
    ["policy", 404, "NoSuchBucketPolicy"],
    ["policyStatus", 404, "NoSuchBucketPolicy"],
    ["cors", 404, "NoSuchCORSConfiguration"],
    ["website", 404, "NoSuchWebsiteConfiguration"],
    ["versioning", 200, `<VersioningConfiguration ${NS}></VersioningConfiguration>`],
    ["lifecycle", 404, "NoSuchLifecycleConfiguration"],
    ["replication", 404, "ReplicationConfigurationNotFoundError"],
    ["logging", 200, `<BucketLoggingStatus ${NS}></BucketLoggingStatus>`],
    ["notification", 200, `<NotificationConfiguration ${NS}></NotificationConfiguration>`],
    ["accelerate", 200, `<AccelerateConfiguration ${NS}></AccelerateConfiguration>`],
    [
      "requestPayment",
      200,
      `<RequestPaymentConfiguration ${NS}><Payer>BucketOwner</Payer></RequestPaymentConfiguration>`,
    ],
    ["object-lock", 404, "ObjectLockConfigurationNotFoundError"],
    ["tagging", 404, "NoSuchTagSet"],
    [
      "inventory",
      200,
      `<ListInventoryConfigurationsResult ${NS}><IsTruncated>false</IsTruncated></ListInventoryConfigurationsResult>`,
    ],
    [
      "analytics",
      200,
      `<ListBucketAnalyticsConfigurationsResult ${NS}><IsTruncated>false</IsTruncated></ListBucketAnalyticsConfigurationsResult>`,
    ],
    ["metrics&id=a", 404, "NoSuchConfiguration"],
    ["intelligent-tiering&id=a", 404, "NoSuchConfiguration"],
    [
      "encryption",
      200,
      `<ServerSideEncryptionConfiguration ${NS}><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`,
    ],
    [
      "ownershipControls",
      200,
      `<OwnershipControls ${NS}><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>`,
    ],
    [
      "publicAccessBlock",
      200,
      `<PublicAccessBlockConfiguration ${NS}><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`,
    ],
  ];
  for (const [parameter, status, expected] of rows) {
    const answer = await send(store, `GET /?${parameter}`);
    assert.equal(answer.status, status, parameter);
    assert.equal(status === 404 ? answer.code : answer.text, expected, parameter);
  }
});

test("what was put is what is shown, until it is taken away", async () => {
  await using store = await openWith({ "public-access-block": open() });
  const policy = `{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}`;
  const rows: readonly (readonly [parameter: string, root: string, content: string, put: number, absent: string])[] = [
    [
      "cors",
      "CORSConfiguration",
      "<CORSRule><ID>a</ID><AllowedHeader>*</AllowedHeader><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>https://*.example.com</AllowedOrigin><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>",
      200,
      "NoSuchCORSConfiguration",
    ],
    [
      "website",
      "WebsiteConfiguration",
      "<IndexDocument><Suffix>index.html</Suffix></IndexDocument><ErrorDocument><Key>404.html</Key></ErrorDocument>",
      200,
      "NoSuchWebsiteConfiguration",
    ],
    [
      "website",
      "WebsiteConfiguration",
      "<RedirectAllRequestsTo><HostName>example.com</HostName><Protocol>https</Protocol></RedirectAllRequestsTo>",
      200,
      "NoSuchWebsiteConfiguration",
    ],
    [
      "tagging",
      "Tagging",
      "<TagSet><Tag><Key>team</Key><Value>a &amp; b</Value></Tag></TagSet>".replace(" &amp; ", " "),
      204,
      "NoSuchTagSet",
    ],
    [
      "publicAccessBlock",
      "PublicAccessBlockConfiguration",
      "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets>",
      200,
      "NoSuchPublicAccessBlockConfiguration",
    ],
    [
      "ownershipControls",
      "OwnershipControls",
      "<Rule><ObjectOwnership>BucketOwnerPreferred</ObjectOwnership></Rule>",
      200,
      "OwnershipControlsNotFoundError",
    ],
  ];
  for (const [parameter, root, content, status, absent] of rows) {
    const put = await send(store, `PUT /?${parameter}`, { body: `<${root}>${content}</${root}>` });
    assert.equal(put.status, status, `${parameter}: ${put.text}`);
    const got = await send(store, `GET /?${parameter}`);
    assert.equal(got.text, `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`);
    assert.equal((await send(store, `DELETE /?${parameter}`)).status, 204);
    assert.equal((await send(store, `GET /?${parameter}`)).code, absent);
  }
  assert.equal((await send(store, "PUT /?policy", { body: policy })).status, 204);
  assert.equal((await send(store, "GET /?policy")).text, policy);
  assert.match((await send(store, "GET /?policyStatus")).text, /<IsPublic>true<\/IsPublic>/);
  assert.equal((await send(store, "DELETE /?policy")).status, 204);
  assert.equal((await send(store, "GET /?policy")).code, "NoSuchBucketPolicy");

  for (const status of ["Enabled", "Suspended"]) {
    const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
    assert.equal((await send(store, "PUT /?versioning", { body })).status, 200);
    assert.match((await send(store, "GET /?versioning")).text, new RegExp(`<Status>${status}</Status>`));
  }
});

test("what is not carried out, or not well said, is refused by name, and nothing is kept of it", async () => {
  await using store = await openWith({ "public-access-block": open() });
  const rows: readonly (readonly [parameter: string, body: string, code: string, text: RegExp])[] = [
    [
      "versioning",
      "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>",
      "NotImplemented",
      /MfaDelete/,
    ],
    ["versioning", "<VersioningConfiguration/>", "IllegalVersioningConfigurationException", /./],
    [
      "versioning",
      "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>",
      "MalformedXML",
      /Status may be Enabled or Suspended, not "On"/,
    ],
    [
      "encryption",
      "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
      "NotImplemented",
      /aws:kms/,
    ],
    ["cors", "<CORSConfiguration/>", "MalformedXML", /lacks CORSRule/],
    [
      "cors",
      "<CORSConfiguration><CORSRule><AllowedMethod>PATCH</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>",
      "InvalidRequest",
      /PATCH/,
    ],
    [
      "cors",
      "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*.*</AllowedOrigin></CORSRule></CORSConfiguration>",
      "InvalidRequest",
      /wildcard/,
    ],
    [
      "cors",
      "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><Colour>red</Colour></CORSRule></CORSConfiguration>",
      "MalformedXML",
      /CORSRule has no element Colour/,
    ],
    ["website", "<WebsiteConfiguration/>", "InvalidArgument", /IndexDocument/],
    [
      "website",
      "<WebsiteConfiguration><IndexDocument><Suffix>a/b</Suffix></IndexDocument></WebsiteConfiguration>",
      "InvalidArgument",
      /Suffix/,
    ],
    [
      "website",
      "<WebsiteConfiguration><RedirectAllRequestsTo><HostName>a\r\nb</HostName></RedirectAllRequestsTo></WebsiteConfiguration>",
      "InvalidArgument",
      /HostName/,
    ],
    [
      "tagging",
      "<Tagging><TagSet><Tag><Key>a</Key><Value/></Tag><Tag><Key>a</Key><Value/></Tag></TagSet></Tagging>",
      "InvalidTag",
      /same key/,
    ],
    ["tagging", "<Tagging/>", "MalformedXML", /lacks TagSet/],
    ["tagging", "nonsense", "MalformedXML", /./],
    [
      "lifecycle",
      "<LifecycleConfiguration><Rule/></LifecycleConfiguration>",
      "NotImplemented",
      /PutBucketLifecycleConfiguration/,
    ],
    ["replication", "<ReplicationConfiguration/>", "NotImplemented", /PutBucketReplication/],
    [
      "logging",
      "<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>",
      "NotImplemented",
      /PutBucketLogging .*but to turn it off/,
    ],
    [
      "notification",
      "<NotificationConfiguration><TopicConfiguration/></NotificationConfiguration>",
      "NotImplemented",
      /PutBucketNotification/,
    ],
    [
      "accelerate",
      "<AccelerateConfiguration><Status>Enabled</Status></AccelerateConfiguration>",
      "NotImplemented",
      /Accelerate/,
    ],
    [
      "requestPayment",
      "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
      "NotImplemented",
      /RequestPayment/,
    ],
    ["object-lock", "<ObjectLockConfiguration/>", "NotImplemented", /ObjectLock/],
    ["inventory&id=a", "<InventoryConfiguration/>", "NotImplemented", /PutBucketInventoryConfiguration/],
    ["policy", "nonsense", "MalformedPolicy", /first byte must be '\{'/],
    [
      "policy",
      `{"Id":"${"x".repeat(20_472)}"}`,
      "MalformedPolicy",
      /exceeds the maximum allowed size of 20480 bytes: it has 20481/,
    ],
    [
      "policy",
      JSON.stringify({
        Statement: {
          Effect: "Allow",
          Principal: { AWS: identityArn("E2GONE" as ResourceId) },
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::photos/*",
        },
      }),
      "MalformedPolicy",
      /^Invalid principal in policy: statement 1 names origin access identity E2GONE, which does not exist$/,
    ],
    [
      "policy",
      JSON.stringify({
        Statement: {
          Effect: "Allow",
          Principal: { CanonicalUser: "d".repeat(64) },
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::photos/*",
        },
      }),
      "MalformedPolicy",
      /canonical user dddd.*does not exist/,
    ],
  ];
  for (const [parameter, body, code, text] of rows) {
    const answer = await send(store, `PUT /?${parameter}`, { body });
    assert.equal(answer.code, code, `${parameter} ${body}: ${answer.text}`);
    assert.match(answer.text, text);
  }
  assert.deepEqual((await store.buckets.getBucket("photos"))?.settings, { "public-access-block": open() });

  for (const [parameter, body] of [
    ["logging", "<BucketLoggingStatus/>"],
    ["notification", "<NotificationConfiguration/>"],
    ["accelerate", "<AccelerateConfiguration><Status>Suspended</Status></AccelerateConfiguration>"],
    ["requestPayment", "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>"],
  ] as const) {
    assert.equal((await send(store, `PUT /?${parameter}`, { body })).status, 200, `${parameter} off`);
  }
});

test("a policy may name identities by either id and accounts that exist; a public one is refused while that is blocked", async () => {
  await using store = await openWith({ "public-access-block": open() });
  const policyFor = (Principal: object | string): string =>
    JSON.stringify({
      Statement: { Effect: "Allow", Principal, Action: "s3:GetObject", Resource: "arn:aws:s3:::photos/*" },
    });
  for (const principal of [
    { AWS: identityArn(IDENTITY) },
    { CanonicalUser: CANONICAL },
    { CanonicalUser: canonicalUserIdOf(ALICE) },
    { AWS: BOB },
    { Service: "cloudfront.amazonaws.com" },
    "*",
  ]) {
    const answer = await send(store, "PUT /?policy", { body: policyFor(principal) });
    assert.equal(answer.status, 204, `${JSON.stringify(principal)}: ${answer.text}`);
  }
  await store.buckets.setBucketSetting("photos", "public-access-block", open({ BlockPublicPolicy: true }));
  const refused = await send(store, "PUT /?policy", { body: policyFor("*") });
  assert.equal(refused.code, "AccessDenied");
  assert.match(refused.text, /BlockPublicPolicy/);
  assert.equal((await send(store, "PUT /?policy", { body: policyFor({ AWS: identityArn(IDENTITY) }) })).status, 204);
});

test("ACLs are put by name, by fields and by document, and shown with the owner first", async () => {
  await using store = await openWith({ "public-access-block": open(), "ownership-controls": "ObjectWriter" });
  const owner = canonicalUserIdOf(ALICE);
  const grantsShown = async (): Promise<readonly string[]> => {
    const { text } = await send(store, "GET /?acl");
    assert.match(text, new RegExp(`<Owner><ID>${owner}</ID></Owner>`));
    return [...text.matchAll(/<(?:ID|URI)>([^<]*)<\/(?:ID|URI)><\/Grantee><Permission>(\w+)/g)].map(
      ([, who = "", what = ""]) => `${who.replace(owner, "owner").replace(/^.*\//, "")} ${what}`,
    );
  };
  assert.deepEqual(await grantsShown(), ["owner FULL_CONTROL"]);
  const rows: readonly (readonly [Sent, readonly string[]])[] = [
    [{ fields: { "x-amz-acl": "public-read" } }, ["owner FULL_CONTROL", "AllUsers READ"]],
    [{ fields: { "x-amz-acl": "public-read-write" } }, ["owner FULL_CONTROL", "AllUsers READ", "AllUsers WRITE"]],
    [{ fields: { "x-amz-acl": "authenticated-read" } }, ["owner FULL_CONTROL", "AuthenticatedUsers READ"]],
    [
      { fields: { "x-amz-acl": "log-delivery-write" } },
      ["owner FULL_CONTROL", "LogDelivery WRITE", "LogDelivery READ_ACP"],
    ],
    [{ fields: { "x-amz-acl": "private" } }, ["owner FULL_CONTROL"]],
    [
      { fields: { "x-amz-grant-read": `id="${CANONICAL}", uri=http://acs.amazonaws.com/groups/global/AllUsers` } },
      [`${CANONICAL} READ`, "AllUsers READ"],
    ],
  ];
  for (const [sent, expected] of rows) {
    const answer = await send(store, "PUT /?acl", sent);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(await grantsShown(), expected);
  }
  const { text: body } = await send(store, "GET /?acl");
  await send(store, "PUT /?acl", { fields: { "x-amz-acl": "private" } });
  assert.equal((await send(store, "PUT /?acl", { body })).status, 200, "what was shown can be put again");
  assert.deepEqual(await grantsShown(), [`${CANONICAL} READ`, "AllUsers READ"]);

  const refusals: readonly (readonly [Sent, string])[] = [
    [{ fields: { "x-amz-acl": "open" } }, "InvalidArgument"],
    [{ fields: { "x-amz-grant-read": "everybody" } }, "InvalidArgument"],
    [{ fields: { "x-amz-grant-read": `id=${"e".repeat(64)}` } }, "InvalidArgument"],
    [{ fields: { "x-amz-grant-read": "emailAddress=a@example.com" } }, "NotImplemented"],
    [{ fields: { "x-amz-grant-read": "uri=http://example.com/all" } }, "InvalidArgument"],
    [{ fields: { "x-amz-acl": "private", "x-amz-grant-read": `id=${CANONICAL}` } }, "InvalidRequest"],
    [{ fields: { "x-amz-acl": "private" }, body }, "UnexpectedContent"],
    [{}, "MissingSecurityHeader"],
    [{ body: "<AccessControlPolicy/>" }, "MalformedXML"],
    [{ body: body.replace(owner, "f".repeat(64)) }, "AccessDenied"],
  ];
  for (const [sent, code] of refusals)
    assert.equal((await send(store, "PUT /?acl", sent)).code, code, JSON.stringify(sent));

  await store.buckets.setBucketSetting("photos", "public-access-block", formatPublicAccessBlock(WHOLE_BLOCK));
  assert.equal((await send(store, "PUT /?acl", { fields: { "x-amz-acl": "public-read" } })).code, "AccessDenied");
  const enforced =
    "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>";
  assert.equal(
    (await send(store, "PUT /?ownershipControls", { body: enforced })).code,
    "InvalidBucketAclWithObjectOwnership",
  );
  await send(store, "PUT /?acl", { fields: { "x-amz-acl": "private" } });
  assert.equal((await send(store, "PUT /?ownershipControls", { body: enforced })).status, 200);
  assert.equal(
    (await send(store, "PUT /?acl", { fields: { "x-amz-acl": "private" } })).code,
    "AccessControlListNotSupported",
  );
});

test("nobody but the owner changes or reads settings, and a read-only key changes none", async () => {
  await using store = await openWith({ "public-access-block": open() });
  const body = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
  for (const as of ["anonymous", "other", "identity", "service", "other's reader"] as const) {
    for (const line of ["PUT /?tagging", "DELETE /?tagging", "GET /?tagging", "GET /?policy", "DELETE /?policy"]) {
      assert.equal((await send(store, line, { as, body })).code, "AccessDenied", `${as} ${line}`);
    }
  }
  assert.equal((await send(store, "PUT /?tagging", { as: "owner's reader", body })).code, "AccessDenied");
  assert.equal((await send(store, "GET /?tagging", { as: "owner's reader" })).code, "NoSuchTagSet");
});

test("a new bucket is closed unless its maker asks for ACLs", () => {
  const made = (fields: Readonly<Record<string, string>>) =>
    settingsOfNewBucket({ field: (name) => fields[name], fields: Object.entries(fields) });
  const block = formatPublicAccessBlock(WHOLE_BLOCK);
  assert.deepEqual(made({}), { "ownership-controls": "BucketOwnerEnforced", "public-access-block": block });
  assert.deepEqual(made({ "x-amz-acl": "private" }), made({}));
  assert.deepEqual(made({ "x-amz-object-ownership": "ObjectWriter" }), {
    "ownership-controls": "ObjectWriter",
    "public-access-block": block,
  });
  for (const [fields, code] of [
    [{ "x-amz-acl": "public-read" }, "InvalidBucketAclWithObjectOwnership"],
    [{ "x-amz-acl": "public-read", "x-amz-object-ownership": "ObjectWriter" }, "AccessDenied"],
    [{ "x-amz-grant-read": "id=x" }, "InvalidBucketAclWithObjectOwnership"],
    [{ "x-amz-acl": "open" }, "InvalidArgument"],
    [{ "x-amz-object-ownership": "Mine" }, "InvalidArgument"],
  ] as const) {
    const refused = made(fields);
    assert.equal("code" in refused && refused.code, code, JSON.stringify(fields));
  }
});
