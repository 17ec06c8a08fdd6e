// Every error that the management API answers: code, status, and the message where the caller of `fail` has nothing
// better to say. Codes and statuses of resources equal the published model's (a test compares them); those of the
// front door are in no model. A message that was seen on the real service is used as it is, because people search for it.

/** Where a row's message comes from; its status is the model's wherever the model has the code. */
export type ErrorSource =
  /** Seen verbatim in answers of the real service that others published. */
  | "observed"
  /** The code's documented meaning in our words. */
  | "[CFMODEL]"
  /** Of the errors common to all services, in our words. */
  | "[CFAPI CommonErrors]"
  /** Not known to be a code of the real service; see docs/compatibility.md. */
  | "ours";

export interface ApiErrorSpec {
  readonly status: number;
  readonly message: string;
  readonly source: ErrorSource;
}

export const API_ERRORS = {
  // The front door: before an operation is known, or whatever the operation
  AccessDenied: { status: 403, message: "Access denied.", source: "[CFMODEL]" },
  ExpiredToken: {
    status: 403,
    message: "The security token included in the request is expired",
    source: "[CFAPI CommonErrors]",
  },
  IncompleteSignature: {
    status: 400,
    message: "The request signature does not have the form of AWS Signature Version 4.",
    source: "[CFAPI CommonErrors]",
  },
  InternalFailure: {
    status: 500,
    message: "The server failed while it processed the request; its log has the request id.",
    source: "[CFAPI CommonErrors]",
  },
  InvalidAction: {
    status: 400,
    message: "The requested action is not one that this server knows.",
    source: "[CFAPI CommonErrors]",
  },
  InvalidClientTokenId: {
    status: 403,
    message: "The security token included in the request is invalid",
    source: "observed",
  },
  InvalidURI: { status: 400, message: "Could not parse the specified URI.", source: "observed" },
  MalformedInput: {
    status: 400,
    message: "The request body is not a document that this operation can read.",
    source: "ours",
  },
  MalformedXML: { status: 400, message: "The request body is not the XML that this operation wants.", source: "ours" },
  MethodNotAllowed: { status: 405, message: "This path does not have the requested method.", source: "ours" },
  MissingAuthenticationToken: { status: 403, message: "Missing Authentication Token", source: "observed" },
  MissingBody: {
    status: 400,
    message: "This operation needs a body: send the document as XML, with its Content-Length.",
    source: "[CFMODEL]",
  },
  NoSuchVersion: {
    status: 404,
    message:
      "The path does not begin with an API version of this server; the versions go from 2014-05-31 to 2020-05-31.",
    source: "ours",
  },
  RequestTimeout: { status: 408, message: "The request did not arrive in time.", source: "ours" },
  RequestEntityTooLarge: { status: 413, message: "The request body is larger than this server reads.", source: "ours" },
  RequestExpired: {
    status: 400,
    message: "The date of the request is too far from the server's clock.",
    source: "[CFAPI CommonErrors]",
  },
  ServiceUnavailable: {
    status: 503,
    message: "CloudFront encountered an internal error. Please try again.",
    source: "observed",
  },
  SignatureDoesNotMatch: {
    status: 403,
    message:
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    source: "observed",
  },
  Throttling: { status: 400, message: "Rate exceeded", source: "observed" },
  UnknownOperation: { status: 404, message: "No operation of this API version has this path.", source: "ours" },
  UnsupportedOperation: {
    status: 400,
    message: "This server does not carry out this operation yet.",
    source: "[CFMODEL]",
  },
  ValidationError: {
    status: 400,
    message: "A parameter has a value that its constraints do not allow.",
    source: "[CFAPI CommonErrors]",
  },

  // Resources that are not there, there already, in use, or changed meanwhile
  CloudFrontOriginAccessIdentityAlreadyExists: {
    status: 409,
    message:
      "The caller reference you are using to create the CloudFront origin access identity is associated with another identity.",
    source: "observed",
  },
  CloudFrontOriginAccessIdentityInUse: {
    status: 409,
    message: "The CloudFront origin access identity is still being used.",
    source: "observed",
  },
  CNAMEAlreadyExists: {
    status: 409,
    message: "One or more of the CNAMEs you provided are already associated with a different resource.",
    source: "observed",
  },
  ContinuousDeploymentPolicyInUse: {
    status: 409,
    message: "The continuous deployment policy belongs to another distribution.",
    source: "[CFMODEL]",
  },
  DistributionAlreadyExists: {
    status: 409,
    message:
      "The caller reference that you are using to create a distribution is associated with another distribution.",
    source: "observed",
  },
  DistributionNotDisabled: {
    status: 409,
    message: "The distribution you are trying to delete has not been disabled.",
    source: "observed",
  },
  EntityNotFound: { status: 404, message: "The entity does not exist.", source: "[CFMODEL]" },
  InvalidIfMatchVersion: {
    status: 400,
    message: "The If-Match version is missing or not valid for the resource.",
    source: "observed",
  },
  KeyGroupAlreadyExists: {
    status: 409,
    message: "A key group with the same name already exists.",
    source: "[CFMODEL]",
  },
  NoSuchCachePolicy: { status: 404, message: "The cache policy does not exist.", source: "[CFMODEL]" },
  NoSuchCloudFrontOriginAccessIdentity: {
    status: 404,
    message: "The specified CloudFront origin access identity does not exist.",
    source: "[CFMODEL]",
  },
  NoSuchContinuousDeploymentPolicy: {
    status: 404,
    message: "The continuous deployment policy does not exist.",
    source: "[CFMODEL]",
  },
  NoSuchDistribution: { status: 404, message: "The specified distribution does not exist.", source: "observed" },
  NoSuchFieldLevelEncryptionConfig: {
    status: 404,
    message: "The field-level encryption config does not exist.",
    source: "[CFMODEL]",
  },
  NoSuchInvalidation: { status: 404, message: "The specified invalidation does not exist.", source: "observed" },
  NoSuchOrigin: {
    status: 404,
    message: "One or more of your origins or origin groups do not exist.",
    source: "observed",
  },
  NoSuchOriginAccessControl: {
    status: 404,
    message: "The specified origin access control does not exist.",
    source: "observed",
  },
  NoSuchOriginRequestPolicy: { status: 404, message: "The origin request policy does not exist.", source: "[CFMODEL]" },
  NoSuchPublicKey: {
    status: 404,
    message: "The specified public key does not exist.",
    source: "[CFMODEL]",
  },
  NoSuchRealtimeLogConfig: { status: 404, message: "The real-time log config does not exist.", source: "[CFMODEL]" },
  NoSuchResource: { status: 404, message: "The specified resource does not exist.", source: "[CFMODEL]" },
  NoSuchResponseHeadersPolicy: {
    status: 404,
    message: "The response headers policy does not exist.",
    source: "[CFMODEL]",
  },
  NoSuchStreamingDistribution: {
    status: 404,
    message: "The specified streaming distribution does not exist.",
    source: "[CFMODEL]",
  },
  OriginAccessControlAlreadyExists: {
    status: 409,
    message: "An origin access control with the same name already exists.",
    source: "observed",
  },
  OriginAccessControlInUse: {
    status: 409,
    message: "The origin access control is still used by a distribution.",
    source: "[CFMODEL]",
  },
  PreconditionFailed: {
    status: 412,
    message: "The request failed because it didn't meet the preconditions in one or more request-header fields.",
    source: "observed",
  },
  PublicKeyAlreadyExists: {
    status: 409,
    message: "The caller reference that you are using to create a public key is associated with another public key.",
    source: "[CFMODEL]",
  },
  PublicKeyInUse: {
    status: 409,
    message:
      "The Cloudfront public key is currently associated with either Key Group or a field level encryption profile.",
    source: "observed",
  },
  RealtimeLogConfigOwnerMismatch: {
    status: 401,
    message: "The real-time log config belongs to another account.",
    source: "[CFMODEL]",
  },
  ResourceInUse: { status: 409, message: "The resource is still used by another one.", source: "[CFMODEL]" },
  StagingDistributionInUse: {
    status: 409,
    message: "The staging distribution belongs to another continuous deployment policy.",
    source: "[CFMODEL]",
  },
  StreamingDistributionAlreadyExists: {
    status: 409,
    message:
      "The caller reference that you are using to create a streaming distribution is associated with another streaming distribution.",
    source: "[CFMODEL]",
  },
  StreamingDistributionNotDisabled: {
    status: 409,
    message: "The streaming distribution you are trying to delete has not been disabled.",
    source: "[CFMODEL]",
  },

  // A config, batch or parameter that cannot be accepted
  BatchTooLarge: {
    status: 413,
    message: "The invalidation batch has more paths than are allowed.",
    source: "[CFMODEL]",
  },
  CannotChangeImmutablePublicKeyFields: {
    status: 400,
    message: "Of a public key only the comment can be changed.",
    source: "[CFMODEL]",
  },
  IllegalFieldLevelEncryptionConfigAssociationWithCacheBehavior: {
    status: 400,
    message:
      "Field-level encryption needs a cache behavior that allows POST and reaches its viewers and origin over HTTPS.",
    source: "[CFMODEL]",
  },
  IllegalOriginAccessConfiguration: {
    status: 400,
    message: "Cannot use both Origin Access Control and Origin Access Identity on an origin",
    source: "observed",
  },
  IllegalUpdate: { status: 400, message: "The update changes something that cannot be changed.", source: "[CFMODEL]" },
  InconsistentQuantities: {
    status: 400,
    message: "The value of Quantity and the number of Items do not match.",
    source: "[CFMODEL]",
  },
  InvalidArgument: { status: 400, message: "An argument is not valid.", source: "[CFMODEL]" },
  InvalidDefaultRootObject: {
    status: 400,
    message: "The default root object is too long or has a character that is not allowed.",
    source: "[CFMODEL]",
  },
  InvalidDomainNameForOriginAccessControl: {
    status: 400,
    message: "An origin access control cannot be used with the domain name of this origin.",
    source: "[CFMODEL]",
  },
  InvalidErrorCode: {
    status: 400,
    message: "A custom error response has an error code that cannot be customized.",
    source: "[CFMODEL]",
  },
  InvalidForwardCookies: {
    status: 400,
    message: "Cookie names go with Forward whitelist, and only with it.",
    source: "[CFMODEL]",
  },
  InvalidFunctionAssociation: { status: 400, message: "A function association is not valid.", source: "[CFMODEL]" },
  InvalidGeoRestrictionParameter: {
    status: 400,
    message: "Your request contains invalid Restriction parameters.",
    source: "observed",
  },
  InvalidHeadersForS3Origin: {
    status: 400,
    message: "A header of the list cannot be forwarded to an S3 origin.",
    source: "[CFMODEL]",
  },
  InvalidLambdaFunctionAssociation: {
    status: 400,
    message: "A Lambda function association is not valid.",
    source: "[CFMODEL]",
  },
  InvalidLocationCode: {
    status: 400,
    message: "A location is not an ISO 3166-1 alpha-2 country code.",
    source: "[CFMODEL]",
  },
  InvalidMinimumProtocolVersion: {
    status: 400,
    message: "The specified MinimumProtocolVersion cannot be used with the specified SSLSupportMethod",
    source: "observed",
  },
  InvalidOrigin: {
    status: 400,
    message: "The specified origin server does not exist or is not valid.",
    source: "observed",
  },
  InvalidOriginAccessControl: { status: 400, message: "The origin access control is not valid.", source: "[CFMODEL]" },
  InvalidOriginAccessIdentity: {
    status: 400,
    message: "The specified origin access identity does not exist or is not valid.",
    source: "observed",
  },
  InvalidOriginKeepaliveTimeout: {
    status: 400,
    message: "The keep-alive timeout of an origin is out of range.",
    source: "[CFMODEL]",
  },
  InvalidOriginReadTimeout: {
    status: 400,
    message: "The read timeout of an origin is out of range.",
    source: "[CFMODEL]",
  },
  InvalidProtocolSettings: {
    status: 400,
    message:
      "The parameter ViewerCertificate the specified distribution is configured for SNI and the Minimum SSL Protocol Version is specified as SSLv3. You cannot specify both.",
    source: "observed",
  },
  InvalidQueryStringParameters: {
    status: 400,
    message: "The query string keys are not valid for this cache behavior.",
    source: "[CFMODEL]",
  },
  InvalidRelativePath: {
    status: 400,
    message: "A path is too long, not URL-encoded, or does not begin with a slash.",
    source: "[CFMODEL]",
  },
  InvalidRequiredProtocol: {
    status: 400,
    message: "This operation requires the HTTPS protocol.",
    source: "[CFMODEL]",
  },
  InvalidResponseCode: {
    status: 400,
    message: "A custom error response has a response code that is not allowed.",
    source: "[CFMODEL]",
  },
  InvalidTagging: { status: 400, message: "The tags are not valid.", source: "[CFMODEL]" },
  InvalidTTLOrder: {
    status: 400,
    message:
      "MinTTL, MaxTTL and DefaultTTL should follow order MinTTL less than or equal to DefaultTTL less than or equal to MaxTTL",
    source: "observed",
  },
  InvalidViewerCertificate: {
    status: 400,
    message:
      "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain.",
    source: "observed",
  },
  InvalidWebACLId: { status: 400, message: "Web ACL is not accessible by the requester.", source: "observed" },
  TrustedKeyGroupDoesNotExist: {
    status: 400,
    message: "One or more of your trusted key groups don't exist.",
    source: "[CFMODEL]",
  },
  TrustedSignerDoesNotExist: {
    status: 400,
    message: "One or more of your trusted signers don't exist.",
    source: "[CFMODEL]",
  },

  // Quotas
  EntityLimitExceeded: {
    status: 400,
    message: "There are as many entities of this kind as are allowed.",
    source: "[CFMODEL]",
  },
  TooManyCacheBehaviors: {
    status: 400,
    message: "Your request contains more CacheBehaviors than are allowed per distribution.",
    source: "observed",
  },
  TooManyCertificates: {
    status: 400,
    message: "You cannot create anymore custom SSL certificates.",
    source: "[CFMODEL]",
  },
  TooManyCloudFrontOriginAccessIdentities: {
    status: 400,
    message:
      "Processing your request would cause you to exceed the maximum number of origin access identities allowed.",
    source: "[CFMODEL]",
  },
  TooManyCookieNamesInWhiteList: {
    status: 400,
    message: "A cache behavior lists more cookie names than are allowed.",
    source: "[CFMODEL]",
  },
  TooManyDistributionCNAMEs: {
    status: 400,
    message: "Your request contains more CNAMEs than are allowed per distribution.",
    source: "[CFMODEL]",
  },
  TooManyDistributions: {
    status: 400,
    message: "Processing your request would cause you to exceed the maximum number of distributions allowed.",
    source: "[CFMODEL]",
  },
  TooManyDistributionsAssociatedToCachePolicy: {
    status: 400,
    message: "The cache policy is used by as many distributions as are allowed.",
    source: "[CFMODEL]",
  },
  TooManyDistributionsAssociatedToFieldLevelEncryptionConfig: {
    status: 400,
    message: "The field-level encryption config is used by as many distributions as are allowed.",
    source: "[CFMODEL]",
  },
  TooManyDistributionsAssociatedToKeyGroup: {
    status: 400,
    message: "The key group is used by as many distributions as are allowed.",
    source: "[CFMODEL]",
  },
  TooManyDistributionsAssociatedToOriginAccessControl: {
    status: 400,
    message: "The origin access control is used by as many distributions as are allowed.",
    source: "[CFMODEL]",
  },
  TooManyDistributionsAssociatedToOriginRequestPolicy: {
    status: 400,
    message: "The origin request policy is used by as many distributions as are allowed.",
    source: "[CFMODEL]",
  },
  TooManyDistributionsAssociatedToResponseHeadersPolicy: {
    status: 400,
    message: "The response headers policy is used by as many distributions as are allowed.",
    source: "[CFMODEL]",
  },
  TooManyDistributionsWithFunctionAssociations: {
    status: 400,
    message: "There are as many distributions with function associations as are allowed.",
    source: "[CFMODEL]",
  },
  TooManyDistributionsWithLambdaAssociations: {
    status: 400,
    message: "There are as many distributions with Lambda function associations as are allowed.",
    source: "[CFMODEL]",
  },
  TooManyDistributionsWithSingleFunctionARN: {
    status: 400,
    message: "The function is used by as many distributions as are allowed.",
    source: "[CFMODEL]",
  },
  TooManyFunctionAssociations: {
    status: 400,
    message: "The distribution has more function associations than are allowed.",
    source: "[CFMODEL]",
  },
  TooManyHeadersInForwardedValues: {
    status: 400,
    message: "A cache behavior lists more headers than are allowed.",
    source: "[CFMODEL]",
  },
  TooManyInvalidationsInProgress: {
    status: 400,
    message: "Processing your request will cause you to exceed the maximum number of in-progress invalidations.",
    source: "observed",
  },
  TooManyKeyGroups: {
    status: 400,
    message: "Processing your request would cause you to exceed the maximum number of key groups allowed.",
    source: "[CFMODEL]",
  },
  TooManyKeyGroupsAssociatedToDistribution: {
    status: 400,
    message: "The distribution uses more key groups than are allowed.",
    source: "[CFMODEL]",
  },
  TooManyLambdaFunctionAssociations: {
    status: 400,
    message: "The distribution has more Lambda function associations than are allowed.",
    source: "[CFMODEL]",
  },
  TooManyOriginAccessControls: {
    status: 400,
    message: "Processing your request would cause you to exceed the maximum number of origin access controls allowed.",
    source: "[CFMODEL]",
  },
  TooManyOriginCustomHeaders: {
    status: 400,
    message: "An origin has more custom headers than are allowed.",
    source: "[CFMODEL]",
  },
  TooManyOriginGroupsPerDistribution: {
    status: 400,
    message: "The distribution has more origin groups than are allowed.",
    source: "[CFMODEL]",
  },
  TooManyOrigins: {
    status: 400,
    message: "Your request contains more Origins than are allowed per distribution.",
    source: "observed",
  },
  TooManyPublicKeys: {
    status: 400,
    message: "Processing your request would cause you to exceed the maximum number of public keys allowed.",
    source: "[CFMODEL]",
  },
  TooManyPublicKeysInKeyGroup: {
    status: 400,
    message: "The key group has more public keys than are allowed.",
    source: "[CFMODEL]",
  },
  TooManyQueryStringParameters: {
    status: 400,
    message: "A cache behavior lists more query string keys than are allowed.",
    source: "[CFMODEL]",
  },
  TooManyStreamingDistributionCNAMEs: {
    status: 400,
    message: "Your request contains more CNAMEs than are allowed per streaming distribution.",
    source: "[CFMODEL]",
  },
  TooManyStreamingDistributions: {
    status: 400,
    message: "Processing your request would cause you to exceed the maximum number of streaming distributions allowed.",
    source: "[CFMODEL]",
  },
  TooManyTrustedSigners: {
    status: 400,
    message: "A cache behavior has more trusted signers than are allowed.",
    source: "[CFMODEL]",
  },
} as const satisfies Record<string, ApiErrorSpec>;

export type ApiErrorCode = keyof typeof API_ERRORS;

/** An expected bad ending of a request; its status is its code's. */
export interface ApiFailure {
  readonly kind: "failure";
  readonly code: ApiErrorCode;
  readonly message: string;
}

/** A failure with the code's own message, or one that says what was wrong, where, and what is allowed. */
export function fail(code: ApiErrorCode, message?: string): ApiFailure {
  return { kind: "failure", code, message: message ?? API_ERRORS[code].message };
}

/** Whether a text, for one a code of the published tables, has a row here. */
export function isApiErrorCode(text: string): text is ApiErrorCode {
  return Object.hasOwn(API_ERRORS, text);
}
