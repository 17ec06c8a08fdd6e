// The test kit as its users see it (docs/testing.md). Written by hand: it is all that a package says of itself in types, and the kit is held to it.

/** A Warmfront server of your tests' own: free ports, a data directory that goes with it, nothing of your environment. */
export interface Warmfront extends AsyncDisposable {
  /** Of the management API, S3, STS, IAM and ACM: `http://127.0.0.1:…`. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** `endpoint`, `region` and `credentials` as AWS clients of any language read them from the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where viewers connect, on 127.0.0.1. */
  readonly ports: { readonly api: number; readonly http: number; readonly https: number };
  /** What viewers have to trust for `https`, in PEM. */
  readonly certificateAuthority: string;
  /** As a browser or curl finds it: `http://<domain name>:<port>/path`. Programs that do not know `*.localhost` use `fetch`. */
  edgeUrl(distribution: DistributionName, path?: string): string;
  /** Asks the edge as a viewer does, over HTTP, wherever the domain name leads to. */
  fetch(distribution: DistributionName, path?: string, init?: RequestInit): Promise<Response>;
  readonly clock: Clock;
  /**
   * Everything that was made is gone: distributions and all other resources, buckets with their objects, access keys, what is stored, what
   * was moved of the clock. Addresses stay. Takes some ten milliseconds.
   */
  reset(): Promise<void>;
  /** Ends the server, and removes its data. To be called twice is no harm. Without it the server ends with the process. */
  stop(): Promise<void>;
}

/** A domain name or alias, or what the SDK answers of a distribution. */
export type DistributionName = string | { readonly DomainName?: string | undefined };

/** The time that viewers are served by. Each change is in force in every worker when it resolves, with what the time then is. */
export interface Clock {
  now(): Promise<Date>;
  /** By a duration like `45s`, `1h30m` or `30d`. */
  advance(duration: string): Promise<Date>;
  /** It stands still from now on, and moves by `advance` alone. */
  freeze(): Promise<Date>;
  /** Back to the machine's time; what is stored is forgotten. */
  reset(): Promise<Date>;
}

export interface StartOptions {
  /** Settings by the names that docs/settings.md has for the settings file: `{ workers: 4, logDeliverySeconds: 60 }`. One worker unless told otherwise. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Gets each line of the server's log; lines go nowhere when it is left out, but into the message of a start that fails. */
  readonly log?: (line: string) => void;
}

/** Starts a server and resolves when it serves. */
export function startWarmfront(options?: StartOptions): Promise<Warmfront>;
