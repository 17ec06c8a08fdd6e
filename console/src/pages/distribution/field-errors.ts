// Where in a form a refusal belongs, by the words that the API has for what was wrong. A refusal that fits nowhere stands above the
// form alone; one that fits stands at the field, too.

export type FieldName =
  | "comment"
  | "aliases"
  | "rootObject"
  | "originId"
  | "originDomain"
  | "originPath"
  | "originTimes"
  | "originHeaders"
  | "originGroup"
  | "pathPattern"
  | "target"
  | "ttl"
  | "cookies"
  | "headers"
  | "queryKeys"
  | "signers"
  | "logBucket"
  | "errorPage"
  | "countries"
  | "certificate"
  | "policy";

/** The first that fits counts. */
const WORDS: readonly (readonly [FieldName, RegExp])[] = [
  ["logBucket", /Logging/],
  ["errorPage", /ResponsePagePath/],
  ["countries", /GeoRestriction|Restriction parameters|Location/],
  ["aliases", /CNAME|alias/i],
  ["policy", /MinimumProtocolVersion|Minimum SSL Protocol/],
  ["certificate", /ViewerCertificate|certificate/i],
  ["rootObject", /default ?root ?object/i],
  ["pathPattern", /Path ?Pattern/i],
  ["target", /TargetOriginId|NoSuchOrigin|specified origin/i],
  ["originPath", /Origin ?Path/i],
  ["originTimes", /OriginReadTimeout|OriginKeepaliveTimeout|ConnectionAttempts|ConnectionTimeout/i],
  ["originHeaders", /custom headers?|Header Name/i],
  ["originGroup", /origin ?group/i],
  ["originDomain", /origin name|Origin DomainName|domainName|S3 bucket/i],
  ["originId", /originId|origins\..*\.id\b/i],
  ["ttl", /TTL/],
  ["cookies", /WhitelistedNames|Cookies/],
  ["queryKeys", /QueryStringCacheKeys/],
  ["headers", /Headers/],
  ["signers", /TrustedKeyGroup|TrustedSigner|key group/i],
  ["comment", /Comment/],
];

export function fieldOf(message: string): FieldName | undefined {
  return message === "" ? undefined : WORDS.find(([, words]) => words.test(message))?.[0];
}
