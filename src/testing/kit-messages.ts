// What the test kit and the process of its server say to each other.

/** First of all. */
export interface StartKit {
  readonly kind: "start";
  readonly settings: Readonly<Record<string, string | number>>;
}

export type FromKitServer =
  | {
      readonly kind: "ready";
      readonly apiPort: number;
      readonly edgeHttpPort: number;
      readonly edgeHttpsPort: number;
      readonly certificateAuthority: string;
    }
  | { readonly kind: "failed"; readonly message: string };
