// What has become of a stream, where that is not as it should be.

import type { StreamState } from "../frame/stream.ts";
import { Loading } from "./loading.tsx";
import { Notice } from "./notice.tsx";

export function StreamNotice({ state }: { state: StreamState }) {
  switch (state.kind) {
    case "opening":
      return <Loading what="what is served" />;
    case "open":
      return null;
    case "lost":
      return (
        <Notice kind="warning">The connection has ended. It is made again; what happens meanwhile is not shown.</Notice>
      );
    case "refused":
      return (
        <Notice kind="error">
          <pre class="told">{state.message}</pre>
        </Notice>
      );
  }
}
