// The first page of whoever has no session: an access key, as the API's clients have it. After it one is where one wanted to go.

import { useEffect, useRef, useState } from "preact/hooks";
import { Field } from "../parts/field.tsx";
import { Notice } from "../parts/notice.tsx";
import { messageOf } from "./ask.ts";
import { farewell, signIn } from "./session.ts";

export function SignIn() {
  const [accessKeyId, setId] = useState("");
  const [secret, setSecret] = useState("");
  const [error, setError] = useState("");
  const [isAsking, setAsking] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    document.title = "Sign in · Warmfront";
    form.current?.querySelector("input")?.focus();
  }, []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setAsking(true);
    setError("");
    try {
      await signIn(accessKeyId.trim(), secret);
    } catch (fault) {
      setError(messageOf(fault));
      setAsking(false);
      form.current?.querySelector<HTMLInputElement>("input[name=secret]")?.select();
    }
  }

  return (
    <main class="sign-in" id="main">
      <form ref={form} class="card" onSubmit={(event) => void submit(event)}>
        <h1>
          <img src="/favicon.svg" alt="" width="36" height="36" />
          Warmfront
        </h1>
        {farewell.value === "" ? null : <Notice kind="info">{farewell.value}</Notice>}
        <Field label="Access key ID">
          <input
            name="id"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
            value={accessKeyId}
            onInput={(event) => setId(event.currentTarget.value)}
          />
        </Field>
        <Field label="Secret access key">
          <input
            name="secret"
            type="password"
            autocomplete="current-password"
            required
            value={secret}
            onInput={(event) => setSecret(event.currentTarget.value)}
          />
        </Field>
        {error === "" ? null : <Notice kind="error">{error}</Notice>}
        <button type="submit" class="primary" disabled={isAsking}>
          Sign in
        </button>
        <p class="hint">
          The key that your SDK uses, too. On a server that only its own machine can reach, <code>test</code> with the
          secret <code>test</code> works; <code>warmfront access-keys create</code> makes others.
        </p>
      </form>
    </main>
  );
}
