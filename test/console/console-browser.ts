// A browser in front of a running service's console: Debian's Chromium, driven by Playwright. Everything that a page complains of is
// kept, refusals of its own policy among it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { buildConsole } from "../../tools/build-console.ts";
import { findChromium } from "../clients/chromium.ts";
import { startService, type RunningService } from "../support/running-service.ts";

const STEP_MS_MAX = 25_000;
const FLAGS = [
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), // its sandbox wants to be started by someone else than root
];

export const CHROMIUM = findChromium();

export interface ConsoleWorld extends AsyncDisposable {
  readonly service: RunningService;
  /** `http://console.localhost:<port>` */
  readonly url: string;
  readonly browser: Browser;
}

export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page wrote to its console as an error, and what nobody caught. */
  readonly complaints: readonly string[];
}

export async function openConsoleWorld(flags: readonly string[] = []): Promise<ConsoleWorld> {
  assert(CHROMIUM !== undefined);
  await buildConsole();
  await using opened = new AsyncDisposableStack();
  const service = opened.use(await startService(flags));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  opened.defer(() => browser.close());
  const url = `http://console.localhost:${service.apiPort}`;
  const all = opened.move();
  return { service, url, browser, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** A window of its own, with cookies of its own. */
export async function openPage(
  { browser }: Pick<ConsoleWorld, "browser">,
  look: { readonly theme?: "light" | "dark"; readonly width?: number; readonly height?: number } = {},
): Promise<OpenedPage> {
  const { theme = "light", width = 1200, height = 800 } = look;
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height },
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(STEP_MS_MAX);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // What the server refused is in the page's words; that the browser says so too is no fault.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  return { page, context, complaints };
}

/** Opens a page of the console as `test`, or as another key. */
export async function signIn(
  { page }: Pick<OpenedPage, "page">,
  url: string,
  key: { readonly accessKeyId: string; readonly secret: string } = { accessKeyId: "test", secret: "test" },
): Promise<void> {
  await page.goto(url);
  await page.getByLabel("Access key ID").fill(key.accessKeyId);
  await page.getByLabel("Secret access key").fill(key.secret);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Saves what is edited on the page, or in its dialog, after a look at the lines. */
export async function saveReviewed(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Review and save …" }).click();
  await page.getByRole("dialog", { name: "Save these changes?" }).getByRole("button", { name: "Save" }).click();
}

/** The same, where it is refused in these words; and back to the form. */
export async function saveRefused(page: Page, words = /./): Promise<void> {
  await saveReviewed(page);
  const review = page.getByRole("dialog", { name: "Save these changes?" });
  await review.getByRole("alert").getByText(words).waitFor();
  await review.getByRole("button", { name: "Go on editing" }).click();
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: unknown; readonly failureSummary?: string }[];
}

/** What axe finds on the page as it is, in words; none is wanted. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  // Not as an element of the page, whose policy would refuse it.
  await page.evaluate(AXE);
  const found = (await page.evaluate(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }).then((found) => found.violations)`,
  )) as readonly Violation[];
  return found.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${JSON.stringify(nodes[0]?.target)} ${nodes[0]?.failureSummary ?? ""}`,
  );
}

/** How far the page reaches beyond the window, in pixels. */
export async function overflowOf(page: Page): Promise<number> {
  return (await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")) as number;
}
