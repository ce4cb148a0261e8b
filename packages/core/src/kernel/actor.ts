import { Schema } from "effect"

/** Who did it: the author of every event (ORD-8, P8). `id` never holds a name or a phone. */
export const Actor = Schema.Struct({
  kind: Schema.Literals(["system", "channel", "branch", "operator", "customer", "partner", "register"]),
  id: Schema.String
})
export type Actor = typeof Actor.Type
export type ActorKind = Actor["kind"]

/** The hub itself: jobs, and what follows from others' deeds. */
export const SYSTEM: Actor = { kind: "system", id: "hub" }
