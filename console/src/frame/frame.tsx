// What stands around every page: the bar with who is signed in, the navigation, the page itself, the help. After a move the focus is
// on the new page's heading, so that a keyboard goes on there and a screen reader reads it.

import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { PageProps } from "../page-props.ts";
import { HOME, PAGES, type PageRow } from "../pages.ts";
import { Loading } from "../parts/loading.tsx";
import { Notice } from "../parts/notice.tsx";
import { Announcements } from "./announce.tsx";
import { messageOf } from "./ask.ts";
import { KeyHelp } from "./key-help.tsx";
import { isHelpShown } from "./keys.ts";
import { go, matchPath, moves, place } from "./route.ts";
import { session, signOut } from "./session.ts";
import { SignIn } from "./sign-in.tsx";
import { nextTheme, theme } from "./theme.ts";

export function Console() {
  const who = session.value;
  if (who === undefined) return <Loading what="the console" />;
  return who === "none" ? <SignIn /> : <Frame />;
}

function Frame() {
  const [isMenuOpen, setMenuOpen] = useState(false);
  const { path, query } = place.value;
  useEffect(() => setMenuOpen(false), [path]);
  useEffect(() => {
    if (path === "/") go(HOME, "replace");
  }, [path]);
  const found = findPage(path);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Bar isMenuOpen={isMenuOpen} toggleMenu={() => setMenuOpen(!isMenuOpen)} />
      <div class="below-bar">
        <Navigation isOpen={isMenuOpen} path={path} />
        <main id="main" tabIndex={-1}>
          {found === undefined ? path === "/" ? null : <NoSuchPage /> : <Shown {...found} query={query} />}
        </main>
      </div>
      <KeyHelp />
      <Announcements />
    </>
  );
}

function findPage(path: string): { readonly row: PageRow; readonly params: PageProps["params"] } | undefined {
  for (const row of PAGES) {
    const params = matchPath(row.path, path);
    if (params !== undefined) return { row, params };
  }
  return undefined;
}

function Shown({ row, params, query }: { row: PageRow } & PageProps) {
  const [loaded, setLoaded] = useState<
    { row: PageRow; Page: ComponentType<PageProps> } | { row: PageRow; error: string }
  >();
  const first = useRef(true);
  useEffect(() => {
    let isWanted = true;
    row.load().then(
      ({ Page }) => isWanted && setLoaded({ row, Page }),
      (error: unknown) => isWanted && setLoaded({ row, error: messageOf(error) }),
    );
    return () => {
      isWanted = false;
    };
  }, [row]);
  const isShown = loaded?.row === row;
  const move = moves.value;
  useEffect(() => {
    document.title = `${row.title} · Warmfront`;
    if (!isShown) return;
    if (first.current && move === 0) {
      first.current = false;
      return; // whoever has just opened the page begins where pages begin
    }
    (document.querySelector<HTMLElement>("main h1") ?? document.querySelector<HTMLElement>("main"))?.focus();
  }, [row, isShown, move]);
  if (!isShown || loaded === undefined) return <Loading what={row.title} />;
  if ("error" in loaded) {
    return (
      <Notice kind="error">
        This page could not be loaded ({loaded.error}). Was the server updated? Load it again.
      </Notice>
    );
  }
  return <loaded.Page key={JSON.stringify(params)} params={params} query={query} />;
}

function NoSuchPage() {
  return (
    <>
      <h1 tabIndex={-1}>There is no such page</h1>
      <p>
        <a href={HOME}>To the distributions</a>
      </p>
    </>
  );
}

const THEMES = { system: "as the system", light: "light", dark: "dark" } as const;
const THEME_SIGNS = { system: "◐", light: "☀", dark: "☾" } as const;

function Bar({ isMenuOpen, toggleMenu }: { isMenuOpen: boolean; toggleMenu: () => void }) {
  const who = session.value;
  if (who === undefined || who === "none") return null;
  return (
    <header class="bar">
      <button
        type="button"
        class="quiet menu-button"
        aria-expanded={isMenuOpen}
        aria-controls="navigation"
        onClick={toggleMenu}
      >
        <span aria-hidden="true">☰</span>
        <span class="hidden">Menu</span>
      </button>
      <a class="brand" href={HOME}>
        <img src="/favicon.svg" alt="" width="24" height="24" />
        Warmfront
      </a>
      <span class="who" title={`access key ${who.accessKeyId}`}>
        <span class="who-name">{who.userName}</span> <span class="who-account">{who.account}</span>
        {who.access === "read-only" ? <span class="badge">may only read</span> : null}
      </span>
      <button type="button" class="quiet" onClick={() => (isHelpShown.value = true)} title="Keys (?)">
        <span aria-hidden="true">?</span>
        <span class="hidden">Keys</span>
      </button>
      <button type="button" class="quiet" onClick={nextTheme} title={`Colors: ${THEMES[theme.value]}`}>
        <span aria-hidden="true">{THEME_SIGNS[theme.value]}</span>
        <span class="hidden">Colors: {THEMES[theme.value]}</span>
      </button>
      <button type="button" class="quiet" onClick={() => void signOut()}>
        Sign out
      </button>
    </header>
  );
}

function Navigation({ isOpen, path }: { isOpen: boolean; path: string }) {
  const shown = PAGES.flatMap((row) => (row.nav === undefined ? [] : [{ ...row.nav, path: row.path }]));
  const groups = [...new Set(shown.map(({ group }) => group))];
  return (
    <nav id="navigation" class={isOpen ? "navigation open" : "navigation"} aria-label="Console">
      {groups.map((group) => (
        <section key={group}>
          <h2>{group}</h2>
          <ul>
            {shown
              .filter((row) => row.group === group)
              .map((row) => {
                const isHere = path === row.path || path.startsWith(`${row.path}/`);
                return (
                  <li key={row.path}>
                    <a href={row.path} {...(isHere && { "aria-current": "page" as const })}>
                      {row.label}
                      <kbd aria-hidden="true">g {row.jump}</kbd>
                    </a>
                  </li>
                );
              })}
          </ul>
        </section>
      ))}
    </nav>
  );
}
