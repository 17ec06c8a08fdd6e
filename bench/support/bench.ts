// What a bench is to the command that runs it: a name and a function that measures and tells.

export interface Figure {
  /** What was measured, in a few words. */
  readonly what: string;
  /** With its spread where there is one. */
  readonly value: string;
  readonly unit: string;
  /** What the figure has to reach; absent where it is only told. */
  readonly wanted?: string;
  /** What it was compared with, how often it was measured. */
  readonly how?: string;
}

export interface Bench {
  readonly name: string;
  readonly about: string;
  /** Ends within two minutes, most within half of one. */
  run(): Promise<readonly Figure[]>;
}
