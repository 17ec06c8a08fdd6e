// The pages that show what is served: a site that is asked for things while a page is open, so that there is something to see.

import type { Page } from "playwright-core";
import { openTestOrigin, view } from "../support/test-origin.ts";
import type { RunningService } from "../support/running-service.ts";
import { cloudFrontClient, deploy, smallConfig } from "../support/distribution.ts";
import type { PreparedPage } from "./page-rows.ts";

export interface LivePages extends AsyncDisposable {
  readonly pages: readonly PreparedPage[];
  readonly id: string;
  readonly domain: string;
  /** Hits, misses and an error. */
  ask(): Promise<void>;
}

/** Until the live page shows so many requests of the last minute. */
export async function untilRequests(page: Page, wanted: number): Promise<void> {
  const shown = page.locator(".minute dd").first();
  while (Number(await shown.textContent()) < wanted);
}

export async function openLivePages(service: RunningService): Promise<LivePages> {
  const origin = await openTestOrigin((path) =>
    path.startsWith("/broken")
      ? { status: 500, body: "broken" }
      : { headers: { "Cache-Control": "max-age=300", "Content-Type": "text/html" }, body: `page ${path}`.repeat(200) },
  );
  const { id, domain } = await deploy(cloudFrontClient(service), {
    ...smallConfig(origin.port),
    Comment: "the live site",
  });
  let round = 0;
  async function ask(): Promise<void> {
    round++;
    for (const path of ["/index.html", "/index.html", "/index.html", "/style.css", `/news/${round}`, "/broken?x=1"]) {
      await view(service.edgePort, domain, path);
    }
  }
  const pages: readonly PreparedPage[] = [
    {
      pattern: "/live",
      name: "live",
      path: `/live?distribution=${id}`,
      async isThere(page) {
        await page.getByText("The last minute").waitFor();
        const isMissed = page.getByRole("table", { name: "Paths that are missed most" });
        while (!(await isMissed.isVisible())) await ask();
        await untilRequests(page, 20);
      },
    },
    {
      pattern: "/tail",
      name: "tail",
      path: "/tail",
      async isThere(page) {
        await page.getByText(/Edge [\d, ]+ watched/).waitFor();
        await ask();
        await page
          .getByRole("button", { name: /broken/ })
          .first()
          .waitFor();
      },
    },
    {
      pattern: "/explain",
      name: "explain",
      path: `/explain?url=${encodeURIComponent(`http://${domain}/index.html`)}`,
      async isThere(page) {
        await page.getByRole("button", { name: "Explain" }).click();
        await page.getByText("The viewer would get").waitFor();
      },
    },
  ];
  return {
    pages,
    id,
    domain,
    ask,
    [Symbol.asyncDispose]: () => origin[Symbol.asyncDispose](),
  };
}
