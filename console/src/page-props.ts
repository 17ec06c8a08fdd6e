// What each page is given by the frame around it.

export interface PageProps {
  /** What stands in the path's braces. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}
