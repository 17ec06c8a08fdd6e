// What each page of the console shows in its picture, and how one knows that it is there: a row for each row of console/src/pages.ts.

import type { Page } from "playwright-core";
import type { RunningService } from "../support/running-service.ts";
import { callOperation, rawSignIn, shopConfig, type MadeDistribution } from "./raw-console.ts";

export interface PreparedPage {
  /** As in console/src/pages.ts. */
  readonly pattern: string;
  /** Of its picture. */
  readonly name: string;
  readonly path: string;
  readonly isThere: (page: Page) => Promise<void>;
}

/** Makes what the pages show. */
export async function preparePages({ apiPort }: RunningService): Promise<readonly PreparedPage[]> {
  const cookie = await rawSignIn(apiPort);
  const call = <Output>(operation: string, input: object): Promise<Output> =>
    callOperation<Output>(apiPort, cookie, operation, input);
  const shop = await call<MadeDistribution>("CreateDistribution", { DistributionConfig: shopConfig("shop", 8080) });
  const blog = { ...shopConfig("blog", 8081), Comment: "the blog", Enabled: false };
  await call("CreateDistribution", { DistributionConfig: blog });
  const { Id } = shop.Distribution;
  const at = `/distributions/${Id}`;
  const shows = (text: string) => (page: Page) => page.getByText(text, { exact: true }).first().waitFor();
  return [
    { pattern: "/distributions", name: "distributions", path: "/distributions", isThere: shows("the shop") },
    { pattern: "/distributions/new", name: "new", path: "/distributions/new", isThere: shows("New distribution") },
    { pattern: "/distributions/{id}", name: "distribution", path: at, isThere: shows("/images/*") },
    {
      pattern: "/distributions/{id}/settings",
      name: "settings",
      path: `${at}/settings`,
      isThere: shows("Review and save …"),
    },
    {
      pattern: "/distributions/{id}/config",
      name: "config",
      path: `${at}/config`,
      isThere: shows("DistributionConfig"),
    },
    {
      pattern: "/distributions/{id}/paths",
      name: "paths",
      path: `${at}/paths?path=/api/basket`,
      isThere: shows("applies"),
    },
  ];
}
