import { Context, type Effect, type Schema } from "effect"
import type { AdapterError } from "./errors.ts"

/** `never, never`: a port's schemas may not need services of their own. */
// oxlint-disable-next-line typescript/no-explicit-any -- a port may carry anything; `unknown` would not accept its codecs
export type AnyCodec = Schema.Codec<any, any, never, never>

/**
 * May a call be repeated when nobody knows whether it arrived (D27)? `safe`: with the same key, yes.
 * `ask`: ask the partner first. `never`: a person decides.
 */
export type Repeat = "safe" | "ask" | "never"

/** One method of a port. */
export interface MethodSpec {
  readonly input: AnyCodec
  readonly output: AnyCodec
  readonly repeat: Repeat
  /** Milliseconds before the call counts as unanswered. */
  readonly timeout?: number
}
export type PortSpec = Readonly<Record<string, MethodSpec>>

/** The port as the hub calls it. */
export type PortService<M extends PortSpec> = {
  readonly [K in keyof M]: (input: M[K]["input"]["Type"]) => Effect.Effect<M[K]["output"]["Type"], AdapterError>
}

/** What the author of an adapter writes: plain JSON in, plain JSON out, as a value, a Promise or an Effect. */
export type PortImplementation<M extends PortSpec> = {
  readonly [K in keyof M]: (
    input: M[K]["input"]["Encoded"],
    call: { readonly signal: AbortSignal }
  ) => M[K]["output"]["Encoded"] | Promise<M[K]["output"]["Encoded"]> | Effect.Effect<M[K]["output"]["Encoded"], unknown>
}

declare const PortTypeId: unique symbol
export interface PortTag<N extends string> {
  readonly [PortTypeId]: N
}

/** A port is data: its name and its methods, each with input, output and whether it may be repeated. */
export interface Port<N extends string = string, M extends PortSpec = PortSpec> {
  readonly name: N
  readonly methods: M
  readonly service: Context.Key<PortTag<N>, PortService<M>>
}

export const definePort = <const N extends string, const M extends PortSpec>(name: N, methods: M): Port<N, M> => ({
  name,
  methods,
  service: Context.Service<PortTag<N>, PortService<M>>(`@aptekit/port/${name}`)
})
