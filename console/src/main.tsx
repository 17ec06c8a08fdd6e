// Where the console begins in a browser.

import { render } from "preact";
import { Console } from "./frame/frame.tsx";
import { listenToKeys } from "./frame/keys.ts";
import { followLinks } from "./frame/route.ts";
import { findSession } from "./frame/session.ts";
import { applyTheme } from "./frame/theme.ts";

applyTheme();
followLinks();
listenToKeys();
const root = document.getElementById("console");
if (root !== null) render(<Console />, root);
void findSession();
