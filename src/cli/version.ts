/** The package's version. */
import packageFile from "../../package.json" with { type: "json" };

export const VERSION: string = packageFile.version;
