// Whether everybody whom a policy names exists. Checked when it is put: a grant to an identity that was mistyped would say
// nothing until a viewer is refused. Accounts and their users are not checked, since both may be made later [D-0018].

import type { PrincipalName, Policy } from "./policy.ts";

/** Who there is. */
export interface PrincipalDirectory {
  identityExists(id: string): Promise<boolean>;
  /** Of an identity or of an account. */
  canonicalUserExists(canonicalUserId: string): Promise<boolean>;
}

/** The first identity or canonical user that is named and does not exist, and the statement that names it. */
export async function findUnknownPrincipal(
  policy: Policy,
  directory: PrincipalDirectory,
): Promise<{ readonly name: PrincipalName; readonly statement: string } | undefined> {
  const asked = new Map<string, boolean>();
  for (const { principals, name: statement } of policy.statements) {
    for (const name of principals.items) {
      const id = name.kind === "identity" ? name.id : name.kind === "canonical-user" ? name.canonicalUserId : undefined;
      if (id === undefined) continue;
      const exists =
        asked.get(id) ??
        (await (name.kind === "identity" ? directory.identityExists(id) : directory.canonicalUserExists(id)));
      asked.set(id, exists);
      if (!exists) return { name, statement };
    }
  }
  return undefined;
}
