import type { HttpBindings } from "@hono/node-server"
import type { Context } from "hono"

/** The node request and response beneath a call; absent when the app is called without a server. */
export const bindings = (c: Context): HttpBindings | undefined =>
  (c.env as Partial<HttpBindings> | undefined)?.incoming === undefined ? undefined : (c.env as HttpBindings)

export const addressOf = (c: Context): string => bindings(c)?.incoming.socket.remoteAddress ?? "unknown"

/** Did the call come from this machine itself? What a proxy passed on did not. */
export const isLoopback = (c: Context): boolean => {
  if (c.req.header("x-forwarded-for") !== undefined || c.req.header("forwarded") !== undefined) return false
  return /^(?:::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/u.test(addressOf(c))
}
