import { readFileSync } from "node:fs"

const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { scripts: { start: string } }

/** What `npm start` gives to Node: a server that is measured runs as it does for a user. */
export const SERVER_FLAGS: ReadonlyArray<string> = scripts.start.split(" ").filter((word) => word.startsWith("--"))
