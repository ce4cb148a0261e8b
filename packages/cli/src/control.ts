import { Schema } from "@aptekit/core"
import { Hono } from "hono"
import type { Fetch } from "./door.ts"
import type { Switches } from "./simulate.ts"
import type { Simulated } from "./simulators.ts"

const Setting = Schema.Struct({
  fault: Schema.NonEmptyString,
  times: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0)))
})
const isSetting = Schema.is(Setting)
const isReport = Schema.is(Schema.Struct({
  to: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^https?:\/\/[^/?#]+\/.+$/u))),
  state: Schema.optionalKey(Schema.Literals(["delivered", "undelivered"])),
  forged: Schema.optionalKey(Schema.Boolean)
}))
const isEnd = Schema.is(Schema.Struct({ state: Schema.Literals(["delivered", "undelivered"]) }))

export interface ControlOptions {
  readonly name: string
  readonly config: object
  readonly partner: Simulated
  readonly faults: Switches
}

/** A page in a browser must not turn the switches, by whatever name it has found this machine. */
const isOurs = (request: Request): boolean =>
  !request.headers.has("origin") && /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/u.test(request.headers.get("host") ?? "")

/**
 * The switches of a simulator that is a process:
 * `GET /` what it is and its fault; `GET /ledger` what it did and what came over the wire;
 * `PUT /fault {fault, times?}`; `DELETE /fault` mends; `POST /settle {state}` ends all messages;
 * `POST /report {to, state?, forged?}` tells the hub how the latest message stands, as the gateway would.
 */
export const controls = ({ name, config, partner, faults }: ControlOptions): Fetch => {
  const app = new Hono()
  app.use(async (c, next) => (isOurs(c.req.raw) ? next() : c.json({ error: "only for programs on this machine" }, 403)))
  app.get("/", (c) => c.json({ name, config, fault: faults.current() }))
  app.get("/ledger", (c) => c.json({ ledger: partner.ledger, calls: partner.calls }))
  app.put("/fault", async (c) => {
    const setting: unknown = await c.req.json().catch(() => null)
    if (!isSetting(setting)) return c.json({ error: "{\"fault\": name, \"times\": 1 or more}; left out, until it is mended" }, 400)
    try {
      await faults.set(setting)
    } catch (error) {
      return c.json({ error: error instanceof Error ? error.message : "the fault cannot be set" }, 400)
    }
    return c.json({ fault: faults.current() })
  })
  app.delete("/fault", async (c) => {
    await faults.mend()
    return c.json({ fault: null })
  })
  app.post("/settle", async (c) => {
    const end: unknown = await c.req.json().catch(() => null)
    if (partner.settle === undefined) return c.json({ error: `${name} has no messages to end` }, 404)
    if (!isEnd(end)) return c.json({ error: "state: delivered or undelivered" }, 400)
    partner.settle(end.state)
    return c.json(end)
  })
  app.post("/report", async (c) => {
    const wish: unknown = await c.req.json().catch(() => null)
    if (partner.report === undefined) return c.json({ error: `${name} sends no delivery reports` }, 404)
    if (!isReport(wish)) {
      return c.json({ error: "to: the entrance, http://127.0.0.1:3000/exchange/sms; state: delivered or undelivered; forged: true or false" }, 400)
    }
    if (partner.ledger.length === 0) return c.json({ error: `${name} has no message to report of: send one first` }, 409)
    if (wish.state !== undefined) partner.settle?.(wish.state)
    try {
      return c.json(await partner.report({ to: wish.to, forged: wish.forged ?? false }))
    } catch (error) {
      return c.json({ error: `the report did not reach the hub: ${error instanceof Error ? error.message : "no answer"}` }, 502)
    }
  })
  return async (request) => app.fetch(request)
}
