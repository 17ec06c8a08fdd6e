// Whose the command line's requests are: the environment's access key, as for every client of AWS, or the built-in one.

import { DEFAULT_KEY } from "../callers/default-key.ts";

export interface Credential {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly sessionToken?: string | undefined;
}

export function callerCredential(environment: Readonly<Record<string, string | undefined>> = process.env): Credential {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  if (AWS_ACCESS_KEY_ID === undefined || AWS_SECRET_ACCESS_KEY === undefined) {
    return { accessKeyId: DEFAULT_KEY.accessKeyId, secret: DEFAULT_KEY.secret };
  }
  return { accessKeyId: AWS_ACCESS_KEY_ID, secret: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN };
}

/** A service with access keys of its own may have none like the built-in one: a refusal alone would not tell who asked. */
export function tellWhoAsked(refusal: string, status: number): string {
  const isBuiltIn = callerCredential().accessKeyId === DEFAULT_KEY.accessKeyId;
  return status === 403 && isBuiltIn ? `${refusal} (${BUILT_IN})` : refusal;
}

const BUILT_IN =
  "asked with the built-in access key: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment name another";

/** Said where nobody listens. */
export function noServerAt(authority: string): string {
  return `no server answers at http://${authority}: start one with warmfront start (in a clone npm start), or say where it is with --data-dir or --api-port`;
}
