// Keys that signed URLs and cookies are verified with, as they are stored. Two ages of them: public keys in key groups,
// which behaviors trust by TrustedKeyGroups, and an account's key pairs, which they trust by TrustedSigners. Names are the
// wire's [CFMODEL], but for key pairs, which no published API makes.

/** Of a public key nothing but the comment can change. */
export interface PublicKeyConfig {
  readonly CallerReference: string;
  readonly Name: string;
  /** PEM, as it was sent. */
  readonly EncodedKey: string;
  readonly Comment: string;
}

export interface KeyGroupConfig {
  readonly Name: string;
  /** Ids of public keys. */
  readonly Items: readonly string[];
  readonly Comment: string;
}

/** The private half is its owner's alone. */
export interface KeyPairConfig {
  /** PEM. */
  readonly PublicKey: string;
  readonly Status: "Active" | "Inactive";
}
