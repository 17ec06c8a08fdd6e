// How a signature of version 4 fails: the error code and text for the caller, and the rule that it breaks, by which S3 finds
// its own. Texts are the real service's where one was observed.

/** Every way in which authentication fails, with its status. */
export const AUTHENTICATION_ERRORS = {
  ExpiredToken: { status: 403 },
  IncompleteSignature: { status: 400 },
  InvalidClientTokenId: { status: 403 },
  MissingAuthenticationToken: { status: 403 },
  RequestExpired: { status: 400 },
  SignatureDoesNotMatch: { status: 403 },
} as const;

export type AuthenticationErrorCode = keyof typeof AUTHENTICATION_ERRORS;

/** Which rule a signature breaks. S3 has codes and texts of its own for each. */
export type SignatureFault =
  | "absent"
  | "two-forms"
  | "algorithm"
  | "malformed"
  | "part-absent"
  | "date-absent"
  | "credential"
  | "date"
  | "region"
  | "service"
  | "terminator"
  | "date-of-scope"
  | "host-unsigned"
  | "field-absent"
  | "lifetime"
  | "not-yet"
  | "too-old"
  | "expired"
  | "access-key"
  | "token"
  | "token-expired"
  | "mismatch";

export interface AuthenticationFailure {
  readonly kind: "failure";
  readonly code: AuthenticationErrorCode;
  readonly message: string;
  readonly fault: SignatureFault;
  /** What was hashed here, where the signature is another: for the caller to compare. */
  readonly evidence?: { readonly canonical: string; readonly toSign: string };
}

/** For the caller: no such access key. */
export const UNKNOWN_ACCESS_KEY: AuthenticationFailure = Object.freeze(
  failure("InvalidClientTokenId", "access-key", "The security token included in the request is invalid"),
);

/** For the caller: a session token that is not this key's. */
export const UNKNOWN_TOKEN: AuthenticationFailure = Object.freeze({ ...UNKNOWN_ACCESS_KEY, fault: "token" });

/** For the caller: the session of this access key is over. */
export const EXPIRED_TOKEN: AuthenticationFailure = Object.freeze(
  failure("ExpiredToken", "token-expired", "The security token included in the request is expired"),
);

/** `message` is for the caller. */
export function failure(code: AuthenticationErrorCode, fault: SignatureFault, message: string): AuthenticationFailure {
  return { kind: "failure", code, message, fault };
}

/** The signature is not whole. */
export function incomplete(fault: SignatureFault, message: string): AuthenticationFailure {
  return failure("IncompleteSignature", fault, message);
}

/** The signature is another's, or of another request or time. */
export function mismatch(fault: SignatureFault, message: string): AuthenticationFailure {
  return failure("SignatureDoesNotMatch", fault, message);
}

/** Quotes what a caller sent: short, and of printable characters only. */
export function quote(text: string): string {
  const shown = text.length > 256 ? text.slice(0, 256) + "…" : text;
  return `'${shown.replace(/[^\x20-\x7e…]/g, "?")}'`;
}
