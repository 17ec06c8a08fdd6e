// Every page of the console, a row each: its path, its title, where it stands in the navigation and which letter behind `g` leads
// to it. A page's module is loaded when it is first shown and exports `Page`.

import type { ComponentType } from "preact";
import type { PageProps } from "./page-props.ts";

export interface PageRow {
  readonly path: string;
  readonly title: string;
  /** Absent: it is reached from another page. */
  readonly nav?: {
    readonly label: string;
    readonly jump: string;
    readonly group: "Traffic" | "Delivery" | "Access" | "Storage";
  };
  readonly load: () => Promise<{ readonly Page: ComponentType<PageProps> }>;
}

export const PAGES: readonly PageRow[] = [
  {
    path: "/live",
    title: "Live",
    nav: { label: "Live", jump: "l", group: "Traffic" },
    load: () => import("./pages/live.tsx"),
  },
  {
    path: "/tail",
    title: "Tail",
    nav: { label: "Tail", jump: "t", group: "Traffic" },
    load: () => import("./pages/tail.tsx"),
  },
  {
    path: "/explain",
    title: "Explain",
    nav: { label: "Explain", jump: "e", group: "Traffic" },
    load: () => import("./pages/explain.tsx"),
  },
  {
    path: "/distributions",
    title: "Distributions",
    nav: { label: "Distributions", jump: "d", group: "Delivery" },
    load: () => import("./pages/distributions.tsx"),
  },
  {
    path: "/streaming",
    title: "Streaming distributions",
    nav: { label: "Streaming", jump: "s", group: "Delivery" },
    load: () => import("./pages/streaming.tsx"),
  },
  {
    path: "/identities",
    title: "Identities",
    nav: { label: "Identities", jump: "i", group: "Access" },
    load: () => import("./pages/identities.tsx"),
  },
  {
    path: "/keys",
    title: "Keys",
    nav: { label: "Keys", jump: "k", group: "Access" },
    load: () => import("./pages/keys.tsx"),
  },
  {
    path: "/buckets",
    title: "Buckets",
    nav: { label: "Buckets", jump: "b", group: "Storage" },
    load: () => import("./pages/buckets.tsx"),
  },
  { path: "/buckets/{name}", title: "Bucket", load: () => import("./pages/bucket.tsx") },
  { path: "/distributions/new", title: "New distribution", load: () => import("./pages/distribution/new.tsx") },
  { path: "/distributions/{id}", title: "Distribution", load: () => import("./pages/distribution/overview.tsx") },
  { path: "/distributions/{id}/settings", title: "Settings", load: () => import("./pages/distribution/settings.tsx") },
  { path: "/distributions/{id}/config", title: "Config as JSON", load: () => import("./pages/distribution/json.tsx") },
  {
    path: "/distributions/{id}/invalidations",
    title: "Invalidations",
    load: () => import("./pages/distribution/invalidations.tsx"),
  },
  { path: "/distributions/{id}/paths", title: "Path tester", load: () => import("./pages/distribution/paths.tsx") },
];

/** Where one is who has asked for nothing. */
export const HOME = "/distributions";
