// Who is signed in. The session itself is a cookie that no script can read; here is only whom the server said that it stands for.

import { signal } from "@preact/signals";
import { ask, whenSignedOut } from "./ask.ts";

export interface Session {
  readonly account: string;
  readonly accessKeyId: string;
  readonly userName: string;
  readonly access: "full" | "read-only";
}

/** `undefined`: not known yet. */
export const session = signal<Session | "none" | undefined>(undefined);

/** Why there is no session any more, for the sign-in page. */
export const farewell = signal("");

export async function findSession(): Promise<void> {
  try {
    session.value = await ask<Session>("GET", "console/session");
  } catch {
    farewell.value = "";
    session.value = "none";
  }
}

export async function signIn(accessKeyId: string, secretAccessKey: string): Promise<void> {
  session.value = await ask<Session>("POST", "console/session", { accessKeyId, secretAccessKey });
  farewell.value = "";
}

export async function signOut(): Promise<void> {
  await ask("DELETE", "console/session");
  farewell.value = "You are signed out.";
  session.value = "none";
}

whenSignedOut(() => {
  if (session.value === "none" || session.value === undefined) return;
  farewell.value = "Your session has ended: sign in again to go on where you were.";
  session.value = "none";
});
