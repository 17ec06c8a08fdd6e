// A distribution's origin groups, errors, connections, countries and access log by form, in a real browser: saved, and read back through the API.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import type { Locator, Page } from "playwright-core";
import { SECURITY_POLICIES } from "../../src/edge/transport/tls/security-policies.ts";
import { bucketClient } from "../support/bucket-client.ts";
import { newAccessKey } from "../support/new-access-key.ts";
import { askServiceAcm } from "../support/service-acm.ts";
import {
  CHROMIUM,
  openConsoleWorld,
  openPage,
  saveRefused,
  saveReviewed,
  signIn,
  type ConsoleWorld,
} from "./console-browser.ts";
import {
  askRaw,
  callOperation,
  KEY,
  ownFields,
  rawSignIn,
  shopConfig,
  type MadeDistribution,
  type RawAnswer,
} from "./raw-console.ts";

const options = CHROMIUM === undefined ? { skip: "there is no chromium here" } : {};
let world: ConsoleWorld;
let cookie: string;

before(async () => {
  if (CHROMIUM === undefined) return;
  world = await openConsoleWorld();
  cookie = await rawSignIn(world.service.apiPort);
});
after(async () => world?.[Symbol.asyncDispose]());

function call<Output>(operation: string, input: object): Promise<Output> {
  return callOperation<Output>(world.service.apiPort, cookie, operation, input);
}

interface Stored {
  readonly [member: string]: unknown;
}

async function makeShop(reference: string): Promise<string> {
  const made = await call<MadeDistribution>("CreateDistribution", { DistributionConfig: shopConfig(reference, 8080) });
  return made.Distribution.Id;
}

async function storedOf(Id: string): Promise<Stored> {
  const { DistributionConfig } = await call<{ DistributionConfig: Stored }>("GetDistributionConfig", { Id });
  return DistributionConfig;
}

/** What stands under a heading of the form. */
function section(page: Page, heading: string): Locator {
  return page.locator("section.card").filter({ has: page.getByRole("heading", { name: heading, exact: true }) });
}

/** Until the distribution is shown as it is then. */
async function save(page: Page): Promise<void> {
  await saveReviewed(page);
  await page.getByRole("table", { name: /Behaviors/ }).waitFor();
}

test("error pages are added, changed and removed; a path that is none is refused at its field", options, async () => {
  const Id = await makeShop("errors");
  const opened = await openPage(world);
  const { page, context, complaints } = opened;
  await signIn(opened, `${world.url}/distributions/${Id}/settings`);
  const errors = section(page, "Errors");
  await errors.getByRole("button", { name: "Add an error" }).click();
  const first = errors.getByRole("group", { name: "Error 404" });
  await first.getByLabel("Answered with status").selectOption("200");
  await first.getByLabel("Path of the page").fill("no slash");
  await errors.getByRole("button", { name: "Add an error" }).click();
  const second = errors.getByRole("group", { name: "Error 400" });
  // Each status is there once.
  assert.equal(await second.getByLabel("Error", { exact: true }).getByRole("option", { name: /^404/ }).count(), 0);
  await second.getByLabel("Error", { exact: true }).selectOption("503");
  await errors.getByRole("group", { name: "Error 503" }).getByLabel("Kept at least, seconds").fill("0");
  await saveRefused(page);
  const path = first.getByLabel("Path of the page");
  assert.equal(await path.getAttribute("aria-invalid"), "true");
  await path.fill("/index.html");
  await save(page);
  assert.deepEqual((await storedOf(Id))["CustomErrorResponses"], {
    Quantity: 2,
    Items: [
      { ErrorCode: 404, ResponsePagePath: "/index.html", ResponseCode: "200", ErrorCachingMinTTL: 10 },
      { ErrorCode: 503, ResponsePagePath: "", ResponseCode: "", ErrorCachingMinTTL: 0 },
    ],
  });

  await page.getByRole("link", { name: "Settings" }).click();
  await first.getByLabel("Answered with status").selectOption("");
  await errors.getByRole("button", { name: /^Remove\s*the error 503/ }).click();
  await save(page);
  assert.deepEqual((await storedOf(Id))["CustomErrorResponses"], {
    Quantity: 1,
    Items: [{ ErrorCode: 404, ResponsePagePath: "", ResponseCode: "", ErrorCachingMinTTL: 10 }],
  });
  assert.deepEqual(complaints, []);
  await context.close();
});

test("countries are named by their codes, in any case, and told by their names", options, async () => {
  const Id = await makeShop("countries");
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, `${world.url}/distributions/${Id}/settings`);
  const countries = section(page, "Countries");
  await countries.getByLabel("Served in").selectOption("blacklist");
  await countries.getByLabel("Countries", { exact: true }).fill("de at xq");
  await countries.getByText("Germany, Austria, XQ: no country known").waitFor();
  await saveRefused(page, /The parameter Location is "XQ"/);
  assert.equal(await countries.getByLabel("Countries", { exact: true }).getAttribute("aria-invalid"), "true");
  await countries.getByLabel("Countries", { exact: true }).fill("de, at");
  await save(page);
  const restriction = { RestrictionType: "blacklist", Quantity: 2, Items: ["DE", "AT"] };
  assert.deepEqual((await storedOf(Id))["Restrictions"], { GeoRestriction: restriction });
  await page.getByRole("link", { name: "Settings" }).click();
  await countries.getByLabel("Served in").selectOption("none");
  await save(page);
  assert.deepEqual((await storedOf(Id))["Restrictions"], { GeoRestriction: { RestrictionType: "none", Quantity: 0 } });
  await context.close();
});

test("the certificate is one of the account's that can be shown, or the default one again", options, async () => {
  const { service } = world;
  const arn = await askServiceAcm(service, KEY, "RequestCertificate", { DomainName: "*.example.com" });
  const elsewhere = await askServiceAcm(service, { ...KEY, region: "eu-west-1" }, "RequestCertificate", {
    DomainName: "elsewhere.example.com",
  });
  const Id = await makeShop("certificate");
  const opened = await openPage(world);
  const { page, context, complaints } = opened;
  await signIn(opened, `${world.url}/distributions/${Id}/settings`);
  const connections = section(page, "Connections");
  const certificate = connections.getByLabel("Certificate", { exact: true });
  await certificate.getByRole("option", { name: /^\*\.example\.com \(ACM\): until / }).waitFor({ state: "attached" });
  const unusable = certificate.getByRole("option", { name: /^elsewhere\.example\.com \(ACM\): it is in eu-west-1/ });
  assert.equal(await unusable.isDisabled(), true);
  assert.equal(await connections.getByLabel("Security policy").count(), 0);

  await certificate.selectOption("other");
  await connections.getByLabel("ARN or id of the certificate").fill(elsewhere);
  await saveRefused(page);
  const written = connections.getByLabel("ARN or id of the certificate");
  assert.equal(await written.getAttribute("aria-invalid"), "true");

  await certificate.selectOption(arn);
  await connections.getByLabel("Security policy").selectOption("TLSv1.3_2025");
  await connections.getByLabel("HTTP versions").selectOption("http2and3");
  await connections.getByLabel("Price class").selectOption("PriceClass_100");
  await connections.getByLabel("IPv6").check();
  await save(page);
  const own = await storedOf(Id);
  assert.deepEqual(own["ViewerCertificate"], {
    CloudFrontDefaultCertificate: false,
    ACMCertificateArn: arn,
    SSLSupportMethod: "sni-only",
    MinimumProtocolVersion: "TLSv1.3_2025",
    Certificate: arn,
    CertificateSource: "acm",
  });
  assert.deepEqual(
    [own["HttpVersion"], own["PriceClass"], own["IsIPV6Enabled"]],
    ["http2and3", "PriceClass_100", true],
  );

  await page.getByRole("link", { name: "Settings" }).click();
  await certificate.selectOption("");
  await save(page);
  assert.deepEqual((await storedOf(Id))["ViewerCertificate"], {
    CloudFrontDefaultCertificate: true,
    MinimumProtocolVersion: "TLSv1",
    CertificateSource: "cloudfront",
  });
  assert.deepEqual(complaints, []);
  await context.close();

  const stranger = newAccessKey(service, "555555555555");
  const answer = await ask("certificates", {}, { accessKeyId: stranger.accessKeyId, secretAccessKey: stranger.secret });
  assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { certificates: [] }]);
  assert.doesNotMatch((await ask("certificates", {}, KEY)).body, /PRIVATE|BEGIN/);
});

async function ask(name: string, asked: object, key: object): Promise<RawAnswer> {
  const { apiPort } = world.service;
  return askRaw(apiPort, {
    method: "POST",
    path: `/_warmfront/console/${name}`,
    fields: ownFields(apiPort, await rawSignIn(apiPort, key)),
    body: JSON.stringify(asked),
  });
}

test("access logs are switched on for a bucket and off again", options, async () => {
  const client = bucketClient(world.service);
  await client.send(new CreateBucketCommand({ Bucket: "form-logs", ObjectOwnership: "BucketOwnerPreferred" }));
  client.destroy();
  const Id = await makeShop("logs");
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, `${world.url}/distributions/${Id}/settings`);
  const log = section(page, "Access log");
  await log.getByLabel("Deliver access logs to a bucket").check();
  await log.getByLabel("Bucket", { exact: true }).fill("form-logs.s3.amazonaws.com");
  await log.getByLabel("Prefix").fill("shop/");
  await save(page);
  const logging = { Enabled: true, IncludeCookies: false, Bucket: "form-logs.s3.amazonaws.com", Prefix: "shop/" };
  assert.deepEqual((await storedOf(Id))["Logging"], logging);
  await page.getByRole("link", { name: "Settings" }).click();
  await log.getByLabel("Deliver access logs to a bucket").uncheck();
  await save(page);
  assert.deepEqual((await storedOf(Id))["Logging"], { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" });
  await context.close();
});

test(
  "an origin is sent and waited for as the form says; a group of two follows them to other names",
  options,
  async () => {
    const Id = await makeShop("origins");
    const opened = await openPage(world);
    const { page, context, complaints } = opened;
    await signIn(opened, `${world.url}/distributions/${Id}/settings`);
    const site = page.getByRole("group", { name: "site" });
    await site.getByText("Requests to it").click();
    const headers = site.getByLabel("Headers sent to it");
    await headers.fill("X-From: the edge\nX-Half");
    await page.getByRole("button", { name: "Review and save …" }).click();
    assert.match(await headers.evaluate((area) => (area as unknown as Validated).validationMessage), /a colon/);
    await headers.fill("X-From: the edge\nX-Time: 10:30");
    await site.getByLabel("Attempts to connect").fill("2");
    await site.getByLabel("Seconds until it answers").fill("181");
    await saveRefused(page, /The parameter OriginReadTimeout of the origin "site" is 181/);
    await site.getByText(/must be from 1 to 180 seconds/).waitFor();
    await site.getByLabel("Seconds until it answers").fill("180");

    const groups = section(page, "Origin groups");
    assert.equal(await groups.getByRole("button", { name: "Add an origin group" }).isDisabled(), true);
    await page.getByRole("button", { name: "Add an origin", exact: true }).click();
    const second = page.getByRole("group", { name: "origin-2", exact: true });
    await second.getByLabel("Domain name").fill("spare.example.com");
    await groups.getByRole("button", { name: "Add an origin group" }).click();
    await page
      .getByRole("group", { name: /^Default behavior/ })
      .getByLabel("Origin", { exact: true })
      .selectOption("group-1");
    await groups.getByRole("checkbox", { name: "404" }).check();
    await groups.getByLabel("Group id").fill("both");
    await second.getByLabel("Origin id").fill("spare");
    await save(page);
    const stored = (await storedOf(Id)) as unknown as StoredOrigins;
    assert.deepEqual(stored.OriginGroups, {
      Quantity: 1,
      Items: [
        {
          Id: "both",
          FailoverCriteria: { StatusCodes: { Quantity: 5, Items: [404, 500, 502, 503, 504] } },
          Members: { Quantity: 2, Items: [{ OriginId: "site" }, { OriginId: "spare" }] },
        },
      ],
    });
    const { CustomHeaders, ConnectionAttempts, CustomOriginConfig } = stored.Origins.Items[0] ?? {};
    assert.deepEqual(CustomHeaders, {
      Quantity: 2,
      Items: [
        { HeaderName: "X-From", HeaderValue: "the edge" },
        { HeaderName: "X-Time", HeaderValue: "10:30" },
      ],
    });
    assert.deepEqual([ConnectionAttempts, CustomOriginConfig?.OriginReadTimeout], [2, 180]);
    assert.equal(stored.DefaultCacheBehavior.TargetOriginId, "both");
    assert.deepEqual(complaints, []);
    await context.close();
  },
);

interface Validated {
  readonly validationMessage: string;
}

interface StoredOrigins {
  readonly Origins: {
    readonly Items: readonly {
      readonly CustomHeaders?: object;
      readonly ConnectionAttempts?: number;
      readonly CustomOriginConfig?: { readonly OriginReadTimeout: number };
    }[];
  };
  readonly OriginGroups: object;
  readonly DefaultCacheBehavior: { readonly TargetOriginId: string };
}

test("what the form offers is what the API takes, and all of it", options, async () => {
  const Id = await makeShop("offers");
  await askServiceAcm(world.service, KEY, "RequestCertificate", { DomainName: "offers.example.com" });
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, `${world.url}/distributions/${Id}/settings`);
  const errors = section(page, "Errors");
  await errors.getByRole("button", { name: "Add an error" }).click();
  const connections = section(page, "Connections");
  await connections.getByLabel("Certificate", { exact: true }).selectOption({ label: await ownOption(connections) });
  const refusedBy = async (config: object): Promise<readonly string[]> => {
    const asked = { DistributionConfig: { ...shopConfig("refused", 8080), ...config } };
    const { body } = await ask("call/CreateDistribution", asked, KEY);
    const listed = /one of ([\d, ]+)\.|set: \[([^\]]+)\]/.exec((JSON.parse(body) as { error: string }).error);
    return (listed?.[1] ?? listed?.[2] ?? body).split(", ");
  };
  const errorResponse = (changes: object): object => ({
    CustomErrorResponses: { Quantity: 1, Items: [{ ErrorCode: 404, ...changes }] },
  });
  const rows: readonly (readonly [Locator, readonly string[]])[] = [
    [errors.getByLabel("Error", { exact: true }), await refusedBy(errorResponse({ ErrorCode: 418 }))],
    [
      errors.getByLabel("Answered with status"),
      ["", ...(await refusedBy(errorResponse({ ResponsePagePath: "/x", ResponseCode: "418" })))],
    ],
    [connections.getByLabel("Security policy"), Object.keys(SECURITY_POLICIES)],
    [connections.getByLabel("HTTP versions"), await refusedBy({ HttpVersion: "http4" })],
    [
      connections.getByLabel("Price class"),
      (await refusedBy({ PriceClass: "PriceClass_0" })).filter((name) => name !== "None"),
    ],
  ];
  for (const [select, expected] of rows) {
    const offered = await select
      .locator("option")
      .evaluateAll((options) => options.map((option) => (option as unknown as { value: string }).value));
    assert.deepEqual(offered.toSorted(), expected.toSorted());
  }
  await context.close();
});

async function ownOption(connections: Locator): Promise<string> {
  const option = connections.getByLabel("Certificate", { exact: true }).getByRole("option", { name: /^offers/ });
  await option.waitFor({ state: "attached" });
  return (await option.textContent()) ?? "";
}
