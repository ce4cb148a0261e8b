/** `npm run bench -- NAME [options]`: each result ends as one JSON line. */
const benches: Readonly<Record<string, () => Promise<{ readonly run: (args: ReadonlyArray<string>) => Promise<void> }>>> = {
  orders: () => import("./orders.ts"),
  oversell: () => import("./oversell.ts"),
  assembly: () => import("./assembly.ts"),
  start: () => import("./start.ts"),
  sync: () => import("./sync.ts"),
  outbox: () => import("./outbox.ts"),
  odata: () => import("./odata.ts")
}

const [name, ...args] = process.argv.slice(2)
const load = name === undefined ? undefined : benches[name]
if (load === undefined) {
  process.stderr.write(`Which bench? npm run bench -- ${Object.keys(benches).join(" | ")}\n`)
  process.exitCode = 2
} else {
  await (await load()).run(args)
}
