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
  /** Only adapters that declare this capability do it; with the others a call ends as rejected, `unsupported`. */
  readonly capability?: string
}

/** The methods of a port, by name. */
export type PortSpec = Readonly<Record<string, MethodSpec>>

/** The port as the hub calls it. */
export type PortService<M extends PortSpec> = {
  readonly [K in keyof M]: (input: M[K]["input"]["Type"]) => Effect.Effect<M[K]["output"]["Type"], AdapterError>
}

/** One method as the author of an adapter writes it. */
export type MethodImplementation<S extends MethodSpec> = (
  input: S["input"]["Encoded"],
  call: { readonly signal: AbortSignal }
) => S["output"]["Encoded"] | Promise<S["output"]["Encoded"]> | Effect.Effect<S["output"]["Encoded"], unknown>

type Compulsory<M extends PortSpec> = {
  [K in keyof M]: M[K] extends { readonly capability: string } ? never : K
}[keyof M]

/**
 * What the author of an adapter writes: plain JSON in, plain JSON out, as a value, a Promise or an Effect. A method of
 * a capability that the adapter does not declare may be left out.
 */
export type PortImplementation<M extends PortSpec> =
  & { readonly [K in Compulsory<M>]: MethodImplementation<M[K]> }
  & { readonly [K in Exclude<keyof M, Compulsory<M>>]?: MethodImplementation<M[K]> }

/** What an adapter can do of what its port leaves open, by the port's names. */
export type Capabilities = Readonly<Record<string, boolean>>

declare const PortTypeId: unique symbol

/** Tells the services of two ports apart by type. */
export interface PortTag<N extends string> {
  readonly [PortTypeId]: N
}

/** A port is data: its name and its methods, each with input, output and whether it may be repeated. */
export interface Port<N extends string = string, M extends PortSpec = PortSpec> {
  readonly name: N
  readonly methods: M
  /** What partners of this port can or cannot do: each adapter says it of all of them, true or false. */
  readonly capabilities: ReadonlyArray<string>
  readonly service: Context.Key<PortTag<N>, PortService<M>>
}

/** `name`: unique among the ports of a hub. `capabilities`: what each adapter must say true or false to. */
export const definePort = <const N extends string, const M extends PortSpec>(
  name: N,
  methods: M,
  capabilities: ReadonlyArray<string> = []
): Port<N, M> => ({
  name,
  methods,
  capabilities,
  service: Context.Service<PortTag<N>, PortService<M>>(`@aptekit/port/${name}`)
})
