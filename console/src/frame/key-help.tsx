// The keys of the console, in a dialog that `?` opens.

import { PAGES } from "../pages.ts";
import { Dialog } from "../parts/dialog.tsx";
import { isHelpShown } from "./keys.ts";

export function KeyHelp() {
  const jumps = PAGES.flatMap(({ nav }) => (nav === undefined ? [] : [[`g ${nav.jump}`, nav.label] as const]));
  const rows = [["/", "Search on this page"], ...jumps, ["?", "These keys"], ["Esc", "Close a dialog"]] as const;
  return (
    <Dialog title="Keys" isOpen={isHelpShown.value} close={() => (isHelpShown.value = false)}>
      <dl class="keys">
        {rows.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
