// Requests to the management API as bytes for the wire, signed beforehand, so that signing is no part of what is measured.
// They carry what the AWS SDK for JavaScript sends, of which the invocation id makes each signature another.

import { randomUUID } from "node:crypto";
import { systemClock } from "../../src/vocabulary/time.ts";
import { hashBody } from "../../src/wire/canonical-request.ts";
import { signRequest } from "../../src/wire/sigv4-sign.ts";

const SIGNER = { accessKeyId: "test", secret: "test", region: "us-east-1", service: "cloudfront" } as const;
const AGENT = "aws-sdk-js/3.1162.0 ua/2.1 os/linux#6.1 lang/js md/nodejs#26.10.0 api/cloudfront#3.1162.0 m/E,N,n";

/** A signed request. Good for five minutes. `target` is path and query: `/2020-05-31/distribution/E1`. */
export function formatSignedRequest(port: number, method: string, target: string, body = ""): Buffer {
  const [rawPath = "", rawQuery = ""] = target.split("?");
  const bytes = Buffer.from(body);
  const fields = signRequest(
    {
      method,
      rawPath,
      rawQuery,
      body: bytes,
      fields: [
        ["host", `127.0.0.1:${port}`],
        ...(body === ""
          ? []
          : ([
              ["content-type", "application/xml"],
              ["content-length", String(bytes.length)],
            ] as const)),
        ["x-amz-user-agent", AGENT],
        ["user-agent", AGENT],
        ["amz-sdk-invocation-id", randomUUID()],
        ["amz-sdk-request", "attempt=1; max=3"],
        ["x-amz-content-sha256", hashBody(bytes)],
        ["connection", "keep-alive"],
      ],
    },
    SIGNER,
    { at: systemClock.now() },
  );
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${head}\r\n`), bytes]);
}

/** As many as are sent in turn, over and over: more than the server could remember by accident, made in a moment. */
const DISTINCT = 4000;

/** Distinct signatures of one request, in turn without end. */
export function repeatSigned(port: number, method: string, target: string): (index: number) => Buffer | undefined {
  const requests = Array.from({ length: DISTINCT }, () => formatSignedRequest(port, method, target));
  return (index) => requests[index % DISTINCT];
}

/** The body of CreateDistribution for a web site on this machine: the smallest that a client sends. */
export function createDistributionBody(callerReference: string, originPort = 80): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">` +
    `<CallerReference>${callerReference}</CallerReference>` +
    `<Origins><Quantity>1</Quantity><Items><Origin><Id>site</Id><DomainName>localhost</DomainName><CustomOriginConfig>` +
    `<HTTPPort>${originPort}</HTTPPort><HTTPSPort>443</HTTPSPort>` +
    `<OriginProtocolPolicy>http-only</OriginProtocolPolicy></CustomOriginConfig></Origin></Items></Origins>` +
    `<DefaultCacheBehavior><TargetOriginId>site</TargetOriginId><ForwardedValues><QueryString>false</QueryString>` +
    `<Cookies><Forward>none</Forward></Cookies></ForwardedValues>` +
    `<ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy><MinTTL>0</MinTTL></DefaultCacheBehavior>` +
    `<Comment>bench</Comment><Enabled>true</Enabled></DistributionConfig>`
  );
}
