// Requests as clients really write them: the order of members, namespaces, empty elements, declarations and fields that
// differ between clients must not matter.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { API_VERSIONS, apiModel, NEWEST_VERSION, type ApiVersion } from "../../src/model/api.ts";
import { readElements, type XmlElement } from "../../src/wire/xml-reader.ts";
import { escapeText } from "../../src/wire/xml-writer.ts";
import { arbitraryDistributionConfig } from "../arbitrary-config.ts";
import { openControlHarness, type Asked } from "../support/control-harness.ts";
import { distributionConfig } from "./configs.ts";
import { operationOf, readAnswer, readError, requestOf } from "./requests.ts";

const BODY = requestOf("CreateDistribution", { DistributionConfig: distributionConfig("one") }).body as string;
const NAMESPACE = apiModel(NEWEST_VERSION).namespace;
const target = `/${NEWEST_VERSION}/distribution`;

async function create(asked: Partial<Asked> & Pick<Asked, "body">, version: ApiVersion = NEWEST_VERSION) {
  const harness = await openControlHarness();
  const response = await harness.ask({ method: "POST", target: `/${version}/distribution`, ...asked });
  assert.deepEqual(harness.faults, []);
  return readAnswer(response, operationOf("CreateDistribution", version), version);
}

function changed(from: string | RegExp, to: string): string {
  const body = BODY.replace(from, to);
  assert.notEqual(body, BODY);
  return body;
}

const DECLARATION = '<?xml version="1.0"?>\n';
const bare = BODY.slice(DECLARATION.length);
assert(BODY.startsWith(DECLARATION));

/** Bodies that mean the same as BODY. */
const SAME: readonly (readonly [claim: string, body: string | Uint8Array])[] = [
  ["no declaration", bare],
  ["a declaration with its encoding", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>${bare}`],
  ["a declaration in single quotes and lower case", `<?xml version='1.0' encoding='utf-8'?>${bare}`],
  ["a byte order mark", `\ufeff${BODY}`],
  ["no namespace", changed(` xmlns="${NAMESPACE}"`, "")],
  ["an empty namespace", changed(NAMESPACE, "")],
  ["the namespace of another version", changed(NAMESPACE, "http://cloudfront.amazonaws.com/doc/2010-07-15/")],
  ["a foreign namespace", changed(NAMESPACE, "urn:other")],
  ["a prefix everywhere", bare.replaceAll(/<(\/?)(?=\w)/g, "<$1cf:").replace("xmlns=", "xmlns:cf=")],
  ["attributes", changed("<Comment>", '<Comment xml:space="preserve" id="1">')],
  ["comments", changed("<Comment>", "<!-- what follows --><Comment>").replace("a site", "a<!-- b --> site")],
  ["character data sections", changed("a site", "<![CDATA[a site]]>")],
  ["half of it in such a section", changed("a site", "a<![CDATA[ si]]>te")],
  ["references to characters", changed("a site", "&#97; sit&#x65;")],
  ["elements on lines of their own", bare.replaceAll(/><(?=\w)|(?<=<\/\w+)><(?=\/)/g, ">\r\n\t <")],
  ["white space around numbers and truths", changed("<Enabled>true<", "<Enabled> true\n<").replace(">80<", "> 80 <")],
  ["a truth as Python writes it", changed("<Enabled>true<", "<Enabled>True<")],
  ["elements that close themselves", changed("<DefaultRootObject></DefaultRootObject>", "<DefaultRootObject/>")],
  ["white space after the end", `${BODY}\n\n`],
  ["empty Items as one element", changed("<Aliases><Quantity>0</Quantity>", "<Aliases><Quantity>0</Quantity><Items/>")],
  [
    "empty Items as two tags",
    changed("<Aliases><Quantity>0</Quantity>", "<Aliases><Quantity>0</Quantity><Items></Items>"),
  ],
];

for (const [claim, body] of SAME) {
  test(`${claim}: means the same`, async () => {
    const expected = await create({ body: BODY });
    const answer = await create({ body });
    assert.equal(answer.status, 201, answer.body);
    assert.equal(answer.body, expected.body);
  });
}

const FIELDS: readonly (readonly (readonly [string, string])[])[] = [
  [],
  [["Content-Type", "application/xml"]],
  [["Content-Type", "text/xml; charset=utf-8"]],
  [["Content-Type", "text/plain"]],
  [["content-type", "application/x-www-form-urlencoded"]],
  [["Expect", "100-continue"]],
  [
    ["X-Amz-User-Agent", "aws-sdk-js/3"],
    ["amz-sdk-invocation-id", "x"],
    ["amz-sdk-request", "attempt=1; max=3"],
  ],
];

test("the fields of a request do not matter, least of all its Content-Type", async () => {
  for (const fields of FIELDS) assert.equal((await create({ body: BODY, fields })).status, 201, JSON.stringify(fields));
});

test("one slash at the end of a path does not matter", async () => {
  assert.equal((await create({ body: BODY, target: `${target}/` })).status, 201);
  const two = await openControlHarness();
  assert.equal(
    readError((await two.ask({ method: "POST", target: `${target}//`, body: BODY })).body).code,
    "UnknownOperation",
  );
});

/** Elements in any order but that of lists, whose items are in the caller's. */
function shuffled(element: XmlElement, random: () => number): string {
  const inside = element.children.map((child) => shuffled(child, random));
  if (element.name !== "Items") inside.sort(() => random() - 0.5);
  const content = element.children.length === 0 ? escapeText(element.text) : inside.join("");
  return `<${element.name}>${content}</${element.name}>`;
}

test("the order of members does not matter, in any version", async () => {
  const scenario = fc
    .constantFrom(...API_VERSIONS)
    .chain((version) =>
      fc.tuple(
        fc.constant(version),
        arbitraryDistributionConfig(version),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      ),
    );
  await fc.assert(
    fc.asyncProperty(scenario, async ([version, config, random]) => {
      const { body } = requestOf("CreateDistribution", { DistributionConfig: config }, version);
      const elements = readElements(Buffer.from(body as string), { depthMax: 100 });
      assert(elements.kind === "ok");
      const inOrder = await create({ body: body as string }, version);
      const answer = await create({ body: shuffled(elements.root, () => random.next().value) }, version);
      assert.equal(answer.status, 201, answer.body);
      assert.equal(answer.body, inOrder.body);
    }),
    { numRuns: 60, seed: 20_261_120 },
  );
});

test("what Terraform's provider sends is accepted, and what it looks at is in the answer", async () => {
  const association = "<Quantity>0</Quantity><Items></Items>";
  const body =
    '<DistributionConfigWithTags xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><DistributionConfig>' +
    `<Aliases><Items></Items><Quantity>0</Quantity></Aliases><CacheBehaviors><Quantity>0</Quantity></CacheBehaviors>` +
    "<CallerReference>terraform-20261120000000000000000001</CallerReference><Comment></Comment>" +
    "<ContinuousDeploymentPolicyId></ContinuousDeploymentPolicyId>" +
    "<CustomErrorResponses><Items></Items><Quantity>0</Quantity></CustomErrorResponses>" +
    "<DefaultCacheBehavior><AllowedMethods><Items><Method>GET</Method><Method>HEAD</Method></Items><Quantity>2</Quantity>" +
    "<CachedMethods><Items><Method>HEAD</Method><Method>GET</Method></Items><Quantity>2</Quantity></CachedMethods></AllowedMethods>" +
    "<CachePolicyId></CachePolicyId><Compress>false</Compress><DefaultTTL>0</DefaultTTL><FieldLevelEncryptionId></FieldLevelEncryptionId>" +
    `<ForwardedValues><Cookies><Forward>none</Forward><WhitelistedNames>${association}</WhitelistedNames></Cookies>` +
    `<Headers>${association}</Headers><QueryString>false</QueryString><QueryStringCacheKeys>${association}</QueryStringCacheKeys></ForwardedValues>` +
    `<FunctionAssociations>${association}</FunctionAssociations><GrpcConfig><Enabled>false</Enabled></GrpcConfig>` +
    `<LambdaFunctionAssociations>${association}</LambdaFunctionAssociations><MaxTTL>0</MaxTTL><MinTTL>0</MinTTL>` +
    "<OriginRequestPolicyId></OriginRequestPolicyId><RealtimeLogConfigArn></RealtimeLogConfigArn>" +
    "<ResponseHeadersPolicyId></ResponseHeadersPolicyId><SmoothStreaming>false</SmoothStreaming><TargetOriginId>web</TargetOriginId>" +
    `<TrustedKeyGroups><Enabled>false</Enabled>${association}</TrustedKeyGroups>` +
    `<TrustedSigners><Enabled>false</Enabled>${association}</TrustedSigners><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy>` +
    "</DefaultCacheBehavior><DefaultRootObject></DefaultRootObject><Enabled>true</Enabled><HttpVersion>http2</HttpVersion>" +
    "<IsIPV6Enabled>false</IsIPV6Enabled><Logging><Bucket></Bucket><Enabled>false</Enabled><IncludeCookies>false</IncludeCookies><Prefix></Prefix></Logging>" +
    "<OriginGroups><Items></Items><Quantity>0</Quantity></OriginGroups>" +
    "<Origins><Items><Origin><ConnectionAttempts>3</ConnectionAttempts><ConnectionTimeout>10</ConnectionTimeout>" +
    `<CustomHeaders>${association}</CustomHeaders><DomainName>pictures.s3.amazonaws.com</DomainName><Id>web</Id>` +
    "<OriginAccessControlId></OriginAccessControlId><OriginPath></OriginPath>" +
    "<S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity></S3OriginConfig></Origin></Items><Quantity>1</Quantity></Origins>" +
    "<PriceClass>PriceClass_All</PriceClass><Restrictions><GeoRestriction><Items></Items><Quantity>0</Quantity>" +
    "<RestrictionType>none</RestrictionType></GeoRestriction></Restrictions><Staging>false</Staging>" +
    "<ViewerCertificate><CloudFrontDefaultCertificate>true</CloudFrontDefaultCertificate><MinimumProtocolVersion>TLSv1</MinimumProtocolVersion></ViewerCertificate>" +
    "<WebACLId></WebACLId></DistributionConfig><Tags><Items></Items></Tags></DistributionConfigWithTags>";
  const harness = await openControlHarness();
  const response = await harness.ask({ method: "POST", target: `${target}?WithTags`, body });
  assert.equal(response.status, 201, response.body);
  // The provider looks into these without asking whether they are there.
  for (const member of [
    "OriginGroups><Quantity>0",
    "TrustedKeyGroups><Enabled>false",
    "TrustedSigners><Enabled>false",
    "LambdaFunctionAssociations><Quantity>0",
    "FunctionAssociations><Quantity>0",
    "AllowedMethods><Quantity>2",
    "CachedMethods><Quantity>2",
    "Logging><Enabled>false",
    "InProgressInvalidationBatches>0",
  ]) {
    assert.ok(response.body.includes(`<${member}`), member);
  }
});
