/** From source Node strips the types of a `.ts` file by itself; from dist each thread is an entry of its own. */
export const fromSource = import.meta.url.endsWith(".ts")

export const threadUrl = (name: "thread" | "checkpoint-thread"): URL =>
  new URL(fromSource ? `./${name}.ts` : `./sqlite-${name}.js`, import.meta.url)
