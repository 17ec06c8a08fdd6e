import assert from "node:assert/strict";
import { test } from "node:test";

import { bindInput, writeOutput } from "../wire/operation-binding.ts";
import { compileRouter, matchOperation } from "../wire/operation-path.ts";
import type { OperationShape, WireDocument } from "../wire/shape.ts";
import { readDocument } from "../wire/xml-reader.ts";
import { writeDocument } from "../wire/xml-writer.ts";
import { ALL_ERROR_STATUSES, API_VERSIONS, apiModel, isApiVersion, NEWEST_VERSION, type ApiVersion } from "./api.ts";
import tables from "./api-tables.json" with { type: "json" };

test("the versions are those of the tables, oldest first", () => {
  assert.deepEqual(API_VERSIONS, tables.versions);
  assert.deepEqual([...API_VERSIONS].sort(), API_VERSIONS);
  assert.equal(API_VERSIONS.at(-1), NEWEST_VERSION);
  assert.ok(isApiVersion("2016-01-13") && !isApiVersion("2016-01-14"));
});

/** Published counts [CFMODEL]. */
const OPERATION_COUNTS: Readonly<Record<ApiVersion, number>> = {
  "2014-05-31": 21,
  "2014-10-21": 21,
  "2014-11-06": 21,
  "2015-04-17": 21,
  "2015-07-27": 22,
  "2015-09-17": 22,
  "2016-01-13": 22,
  "2016-01-28": 22,
  "2016-08-01": 27,
  "2016-08-20": 27,
  "2016-09-07": 27,
  "2016-09-29": 27,
  "2016-11-25": 27,
  "2017-03-25": 28,
  "2017-10-30": 45,
  "2018-06-18": 45,
  "2018-11-05": 45,
  "2019-03-26": 45,
  "2020-05-31": 167,
};

for (const version of API_VERSIONS) {
  const model = apiModel(version);

  test(`${version} has ${OPERATION_COUNTS[version]} operations`, () => {
    assert.equal(model.operations.size, OPERATION_COUNTS[version]);
  });

  test(`every name that ${version} uses, it has`, () => {
    for (const name of model.shapeNames) {
      const shape = model.shapes(name);
      if (shape.type === "list") model.shapes(shape.of);
      if (shape.type === "structure") for (const member of shape.members) model.shapes(member.shape);
      if (shape.type === "string") assert.ok((shape.enum?.length ?? 0) > 0, name);
    }
    for (const [name, { input, output, errors }] of model.operations) {
      for (const binding of [...input, ...output]) model.shapes(binding.shape);
      for (const code of errors) assert.ok(ALL_ERROR_STATUSES[code] !== undefined, `${name}: ${code}`);
    }
  });

  test(`every operation of ${version} is found by its own path, and no other is`, () => {
    const router = compileRouter(model.operations);
    for (const [name, { method, path, selectedBy }] of model.operations) {
      const match = matchOperation(router, method, path.replace(/\{(\w+)\}/g, "$1%2F"), new Map(selectedBy));
      assert.ok(match.kind === "operation" && match.name === name, name);
      for (const [placeholder, value] of Object.entries(match.params)) assert.equal(value, `${placeholder}/`);
    }
  });

  test(`every operation of ${version} binds each placeholder of its path`, () => {
    for (const [name, { path, input, inputRoot, output, outputRoot }] of model.operations) {
      const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, placeholder = ""]) => placeholder).sort();
      const bound = input.filter((binding) => binding.in === "uri").map((binding) => binding.name);
      assert.deepEqual(bound.sort(), placeholders, name);
      for (const [bindings, root] of [[input, inputRoot] as const, [output, outputRoot] as const]) {
        const documents = new Set(
          bindings.map((binding) => binding.in).filter((it) => it === "payload" || it === "body"),
        );
        assert.ok(documents.size <= 1, `${name} has two documents`);
        assert.equal(root !== undefined, documents.has("body"), name);
      }
    }
  });
}

test("a version that is asked for twice is the same object", () => {
  assert.equal(apiModel("2016-01-13"), apiModel("2016-01-13"));
});

test("versions share what they have in common", () => {
  assert.equal(apiModel("2016-01-13").shapes("Aliases"), apiModel("2020-05-31").shapes("Aliases"));
});

test("a shape that a version does not have is not found", () => {
  assert.throws(() => apiModel("2016-01-13").shapes("CachePolicy"), /2016-01-13 has no shape CachePolicy/);
});

function operation(version: ApiVersion, name: string): OperationShape {
  const found = apiModel(version).operations.get(name);
  assert.ok(found !== undefined, name);
  return found;
}

test("an operation can come and go", () => {
  const has = (version: ApiVersion): boolean => apiModel(version).operations.has("DeleteServiceLinkedRole");
  assert.deepEqual(API_VERSIONS.filter(has), ["2017-03-25"]);
});

test("operations are as published", () => {
  assert.deepEqual(operation("2016-01-13", "DeleteDistribution"), {
    method: "DELETE",
    path: "/distribution/{Id}",
    status: 204,
    input: [
      { member: "Id", shape: "string", in: "uri", name: "Id", required: true },
      { member: "IfMatch", shape: "string", in: "header", name: "If-Match" },
    ],
    output: [],
    errors: [
      "AccessDenied",
      "DistributionNotDisabled",
      "InvalidIfMatchVersion",
      "NoSuchDistribution",
      "PreconditionFailed",
    ],
  });
  const tag = operation("2020-05-31", "TagResource");
  assert.deepEqual(tag.selectedBy, [["Operation", "Tag"]]);
  assert.deepEqual(
    tag.input.map(({ in: place, name }) => [place, name]),
    [
      ["query", "Resource"],
      ["payload", "Tags"],
    ],
  );
  assert.equal(operation("2020-05-31", "TestFunction").inputRoot, "TestFunctionRequest");
  assert.equal(operation("2020-05-31", "GetRealtimeLogConfig").outputRoot, "GetRealtimeLogConfigResult");
  assert.equal(operation("2020-05-31", "UpdateRealtimeLogConfig").path, "/realtime-log-config");
  assert.equal(operation("2016-01-13", "CreateDistribution").errors.length, 33);
});

/** Order of the elements of real answers, which later versions changed [CFMODEL]. */
const MEMBER_ORDERS: readonly (readonly [ApiVersion, shape: string, members: string])[] = [
  [
    "2016-01-13",
    "DistributionConfig",
    "CallerReference Aliases DefaultRootObject Origins DefaultCacheBehavior CacheBehaviors CustomErrorResponses Comment " +
      "Logging PriceClass Enabled ViewerCertificate Restrictions WebACLId",
  ],
  [
    "2020-05-31",
    "CacheBehavior",
    "PathPattern TargetOriginId TrustedSigners TrustedKeyGroups ViewerProtocolPolicy AllowedMethods SmoothStreaming " +
      "Compress LambdaFunctionAssociations FunctionAssociations FieldLevelEncryptionId RealtimeLogConfigArn " +
      "CachePolicyId OriginRequestPolicyId ResponseHeadersPolicyId GrpcConfig ForwardedValues MinTTL DefaultTTL MaxTTL",
  ],
  [
    "2020-05-31",
    "Origin",
    "Id DomainName OriginPath CustomHeaders S3OriginConfig CustomOriginConfig VpcOriginConfig ConnectionAttempts " +
      "ConnectionTimeout ResponseCompletionTimeout OriginShield OriginAccessControlId",
  ],
  [
    "2016-01-13",
    "ViewerCertificate",
    "Certificate CertificateSource SSLSupportMethod MinimumProtocolVersion IAMCertificateId CloudFrontDefaultCertificate",
  ],
];

for (const [version, name, members] of MEMBER_ORDERS) {
  test(`${name} of ${version} has its members in the published order`, () => {
    const shape = apiModel(version).shapes(name);
    assert.ok(shape.type === "structure");
    assert.deepEqual(shape.members.map((member) => member.name).join(" "), members);
  });
}

test("error codes have their statuses", () => {
  assert.equal(Object.keys(ALL_ERROR_STATUSES).length >= 152, true);
  assert.equal(ALL_ERROR_STATUSES["NoSuchOrigin"], 404);
  assert.equal(ALL_ERROR_STATUSES["RealtimeLogConfigInUse"], 400);
  assert.equal(ALL_ERROR_STATUSES["BatchTooLarge"], 413);
});

// One distribution as two versions show it, byte for byte.

const BEHAVIOR: WireDocument = {
  TargetOriginId: "site",
  ForwardedValues: {
    QueryString: false,
    Cookies: { Forward: "none" },
    Headers: { Quantity: 0, Items: [] },
    QueryStringCacheKeys: { Quantity: 0, Items: [] },
  },
  TrustedSigners: { Enabled: false, Quantity: 0, Items: [] },
  TrustedKeyGroups: { Enabled: false, Quantity: 0, Items: [] },
  ViewerProtocolPolicy: "allow-all",
  MinTTL: 0,
  AllowedMethods: {
    Quantity: 2,
    Items: ["HEAD", "GET"],
    CachedMethods: { Quantity: 2, Items: ["HEAD", "GET"] },
  },
  SmoothStreaming: false,
  DefaultTTL: 86_400,
  MaxTTL: 31_536_000,
  Compress: false,
  FieldLevelEncryptionId: "",
};
const DISTRIBUTION: WireDocument = {
  Id: "E1WARMFRONT000",
  ARN: "arn:aws:cloudfront::123456789012:distribution/E1WARMFRONT000",
  Status: "Deployed",
  LastModifiedTime: 1_452_643_200_367,
  InProgressInvalidationBatches: 0,
  DomainName: "d111111abcdef8.cloudfront.net",
  ActiveTrustedSigners: { Enabled: false, Quantity: 0, Items: [] },
  ActiveTrustedKeyGroups: { Enabled: false, Quantity: 0, Items: [] },
  DistributionConfig: {
    CallerReference: "1",
    Aliases: { Quantity: 1, Items: ["www.example.org"] },
    DefaultRootObject: "",
    Origins: {
      Quantity: 1,
      Items: [
        {
          Id: "site",
          DomainName: "site.s3.amazonaws.com",
          OriginPath: "",
          CustomHeaders: { Quantity: 0, Items: [] },
          S3OriginConfig: { OriginAccessIdentity: "" },
          ConnectionAttempts: 3,
          ConnectionTimeout: 10,
          OriginShield: { Enabled: false },
        },
      ],
    },
    OriginGroups: { Quantity: 0, Items: [] },
    DefaultCacheBehavior: BEHAVIOR,
    CacheBehaviors: { Quantity: 0, Items: [] },
    CustomErrorResponses: { Quantity: 0, Items: [] },
    Comment: "Tom & Jerry",
    Logging: { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" },
    PriceClass: "PriceClass_All",
    Enabled: true,
    ViewerCertificate: {
      CloudFrontDefaultCertificate: true,
      MinimumProtocolVersion: "TLSv1",
      CertificateSource: "cloudfront",
    },
    Restrictions: { GeoRestriction: { RestrictionType: "none", Quantity: 0, Items: [] } },
    WebACLId: "",
    HttpVersion: "http2",
    IsIPV6Enabled: true,
    Staging: false,
  },
};

const GOLDEN: Readonly<Partial<Record<ApiVersion, string>>> = {
  "2016-01-13": `<?xml version="1.0"?>
<Distribution xmlns="http://cloudfront.amazonaws.com/doc/2016-01-13/"><Id>E1WARMFRONT000</Id><Status>Deployed</Status>
<LastModifiedTime>2016-01-13T00:00:00.367Z</LastModifiedTime><InProgressInvalidationBatches>0</InProgressInvalidationBatches>
<DomainName>d111111abcdef8.cloudfront.net</DomainName>
<ActiveTrustedSigners><Enabled>false</Enabled><Quantity>0</Quantity></ActiveTrustedSigners>
<DistributionConfig><CallerReference>1</CallerReference>
<Aliases><Quantity>1</Quantity><Items><CNAME>www.example.org</CNAME></Items></Aliases>
<DefaultRootObject></DefaultRootObject>
<Origins><Quantity>1</Quantity><Items><Origin><Id>site</Id><DomainName>site.s3.amazonaws.com</DomainName>
<OriginPath></OriginPath><CustomHeaders><Quantity>0</Quantity></CustomHeaders>
<S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity></S3OriginConfig></Origin></Items></Origins>
<DefaultCacheBehavior><TargetOriginId>site</TargetOriginId>
<ForwardedValues><QueryString>false</QueryString><Cookies><Forward>none</Forward></Cookies>
<Headers><Quantity>0</Quantity></Headers></ForwardedValues>
<TrustedSigners><Enabled>false</Enabled><Quantity>0</Quantity></TrustedSigners>
<ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy><MinTTL>0</MinTTL>
<AllowedMethods><Quantity>2</Quantity><Items><Method>HEAD</Method><Method>GET</Method></Items>
<CachedMethods><Quantity>2</Quantity><Items><Method>HEAD</Method><Method>GET</Method></Items></CachedMethods>
</AllowedMethods><SmoothStreaming>false</SmoothStreaming><DefaultTTL>86400</DefaultTTL><MaxTTL>31536000</MaxTTL>
<Compress>false</Compress></DefaultCacheBehavior>
<CacheBehaviors><Quantity>0</Quantity></CacheBehaviors>
<CustomErrorResponses><Quantity>0</Quantity></CustomErrorResponses><Comment>Tom &amp; Jerry</Comment>
<Logging><Enabled>false</Enabled><IncludeCookies>false</IncludeCookies><Bucket></Bucket><Prefix></Prefix></Logging>
<PriceClass>PriceClass_All</PriceClass><Enabled>true</Enabled>
<ViewerCertificate><CertificateSource>cloudfront</CertificateSource><MinimumProtocolVersion>TLSv1</MinimumProtocolVersion>
<CloudFrontDefaultCertificate>true</CloudFrontDefaultCertificate></ViewerCertificate>
<Restrictions><GeoRestriction><RestrictionType>none</RestrictionType><Quantity>0</Quantity></GeoRestriction></Restrictions>
<WebACLId></WebACLId></DistributionConfig></Distribution>`,
  "2020-05-31": `<?xml version="1.0"?>
<Distribution xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>E1WARMFRONT000</Id>
<ARN>arn:aws:cloudfront::123456789012:distribution/E1WARMFRONT000</ARN><Status>Deployed</Status>
<LastModifiedTime>2016-01-13T00:00:00.367Z</LastModifiedTime><InProgressInvalidationBatches>0</InProgressInvalidationBatches>
<DomainName>d111111abcdef8.cloudfront.net</DomainName>
<ActiveTrustedSigners><Enabled>false</Enabled><Quantity>0</Quantity></ActiveTrustedSigners>
<ActiveTrustedKeyGroups><Enabled>false</Enabled><Quantity>0</Quantity></ActiveTrustedKeyGroups>
<DistributionConfig><CallerReference>1</CallerReference>
<Aliases><Quantity>1</Quantity><Items><CNAME>www.example.org</CNAME></Items></Aliases>
<DefaultRootObject></DefaultRootObject>
<Origins><Quantity>1</Quantity><Items><Origin><Id>site</Id><DomainName>site.s3.amazonaws.com</DomainName>
<OriginPath></OriginPath><CustomHeaders><Quantity>0</Quantity></CustomHeaders>
<S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity></S3OriginConfig>
<ConnectionAttempts>3</ConnectionAttempts><ConnectionTimeout>10</ConnectionTimeout>
<OriginShield><Enabled>false</Enabled></OriginShield></Origin></Items></Origins>
<OriginGroups><Quantity>0</Quantity></OriginGroups>
<DefaultCacheBehavior><TargetOriginId>site</TargetOriginId>
<TrustedSigners><Enabled>false</Enabled><Quantity>0</Quantity></TrustedSigners>
<TrustedKeyGroups><Enabled>false</Enabled><Quantity>0</Quantity></TrustedKeyGroups>
<ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy>
<AllowedMethods><Quantity>2</Quantity><Items><Method>HEAD</Method><Method>GET</Method></Items>
<CachedMethods><Quantity>2</Quantity><Items><Method>HEAD</Method><Method>GET</Method></Items></CachedMethods>
</AllowedMethods><SmoothStreaming>false</SmoothStreaming><Compress>false</Compress>
<FieldLevelEncryptionId></FieldLevelEncryptionId>
<ForwardedValues><QueryString>false</QueryString><Cookies><Forward>none</Forward></Cookies>
<Headers><Quantity>0</Quantity></Headers><QueryStringCacheKeys><Quantity>0</Quantity></QueryStringCacheKeys>
</ForwardedValues><MinTTL>0</MinTTL><DefaultTTL>86400</DefaultTTL><MaxTTL>31536000</MaxTTL></DefaultCacheBehavior>
<CacheBehaviors><Quantity>0</Quantity></CacheBehaviors>
<CustomErrorResponses><Quantity>0</Quantity></CustomErrorResponses><Comment>Tom &amp; Jerry</Comment>
<Logging><Enabled>false</Enabled><IncludeCookies>false</IncludeCookies><Bucket></Bucket><Prefix></Prefix></Logging>
<PriceClass>PriceClass_All</PriceClass><Enabled>true</Enabled>
<ViewerCertificate><CloudFrontDefaultCertificate>true</CloudFrontDefaultCertificate>
<MinimumProtocolVersion>TLSv1</MinimumProtocolVersion><CertificateSource>cloudfront</CertificateSource></ViewerCertificate>
<Restrictions><GeoRestriction><RestrictionType>none</RestrictionType><Quantity>0</Quantity></GeoRestriction></Restrictions>
<WebACLId></WebACLId><HttpVersion>http2</HttpVersion><IsIPV6Enabled>true</IsIPV6Enabled><Staging>false</Staging>
</DistributionConfig></Distribution>`,
};

for (const [version, golden] of Object.entries(GOLDEN)) {
  test(`a distribution is shown to ${version} byte for byte`, () => {
    assert.ok(isApiVersion(version));
    // The line breaks between elements are for whoever reads this file.
    const [declaration, ...lines] = golden.split("\n");
    const output = { Distribution: DISTRIBUTION, ETag: "E2QWRUHAPOMQZL" };
    assert.deepEqual(writeOutput(operation(version, "GetDistribution"), output, apiModel(version)), {
      status: 200,
      headers: [
        ["ETag", "E2QWRUHAPOMQZL"],
        ["Content-Type", "text/xml"],
      ],
      body: `${declaration}\n${lines.join("")}`,
    });
  });
}

test("what an older version reads of a newer resource, it can send back", () => {
  const { shapes, namespace } = apiModel("2016-01-13");
  const shape = "DistributionConfig";
  const config = DISTRIBUTION["DistributionConfig"] as WireDocument;
  const xml = writeDocument(shape, config, { shape, shapes, namespace });
  const outcome = readDocument(Buffer.from(xml), { root: shape, shape, shapes, depthMax: 32 });
  assert.ok(outcome.kind === "ok");
  assert.equal(outcome.value["HttpVersion"], undefined);
  assert.equal(outcome.value["Comment"], "Tom & Jerry");
});

test("a member that the version does not have is refused by name", () => {
  const outcome = bindInput(
    operation("2014-05-31", "CreateInvalidation"),
    {
      params: { DistributionId: "E1" },
      query: new Map(),
      headers: {},
      body: Buffer.from("<InvalidationBatch><Paths><Quantity>0</Quantity></Paths><Tags/></InvalidationBatch>"),
    },
    { shapes: apiModel("2014-05-31").shapes, depthMax: 32 },
  );
  assert.ok(outcome.kind === "failure");
  assert.match(outcome.message, /^Unknown element "Tags" in "InvalidationBatch"; known there: Paths, CallerReference /);
});

test("the violation that was seen on the real service is reported in its words", () => {
  const { shapes } = apiModel("2020-05-31");
  const config = "<MinimumProtocolVersion>TLSv9</MinimumProtocolVersion>";
  const outcome = readDocument(Buffer.from(`<ViewerCertificate>${config}</ViewerCertificate>`), {
    root: "ViewerCertificate",
    shape: "ViewerCertificate",
    path: "distributionConfig.viewerCertificate",
    shapes,
    depthMax: 32,
  });
  assert.ok(outcome.kind === "failure");
  assert.match(
    outcome.message,
    /^1 validation error detected: Value 'TLSv9' at 'distributionConfig\.viewerCertificate\.minimumProtocolVersion' failed to satisfy constraint: Member must satisfy enum value set: \[SSLv3, TLSv1, /,
  );
});
