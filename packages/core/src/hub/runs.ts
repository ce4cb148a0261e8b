import { Clock, Duration, Effect, Schedule } from "effect"
import type { HeldRuns } from "../adapter/adapter.ts"
import { AdapterFault } from "../adapter/errors.ts"
import { AdapterRegistry } from "../adapter/registry.ts"
import { RUN_LEASES, type RunDecision, type SyncRun } from "../exchange/sync.ts"
import type { Actor } from "../kernel/actor.ts"
import { NotFound, Refused } from "../kernel/errors.ts"
import { nextUuid } from "../kernel/uuid.ts"
import { Storage } from "../store/ports.ts"

/** Renewed for as long as the decision takes: a hub that dies meanwhile blocks the next attempt no longer than this. */
const DECIDING = 30_000
/** Milliseconds, as above. */
const RENEW_EVERY = DECIDING / 3

const refused = (decision: RunDecision, state: string, message: string): Refused =>
  new Refused({ code: "runNotHeld", command: decision, state, allowed: [], message })

const notHeld = (decision: RunDecision, { state }: SyncRun): Refused =>
  refused(decision, state, `This run is ${state}, not held: there is nothing to decide. Read it again.`)

/** The run's adapter, where it keeps files of held runs; a connection without one can only discard. */
const keeper = (decision: RunDecision, run: SyncRun) =>
  Effect.gen(function*() {
    const registry = yield* AdapterRegistry
    const runs = registry.all.get(run.connection)?.runs
    if (runs !== undefined || decision === "discarded") return runs
    return yield* refused(decision, run.state, `${run.connection} kept no file of this run. Send it again, without dryRun.`)
  })

/** What the adapter throws for people to read becomes a refusal: the run stays held. */
const tellKeeper = (runs: HeldRuns, decision: RunDecision, run: SyncRun) =>
  Effect.tryPromise({
    try: () => (decision === "released" ? runs.release(run) : runs.discard(run)),
    catch: (error) => error
  }).pipe(
    Effect.catch((error) =>
      error instanceof AdapterFault ? Effect.fail(refused(decision, run.state, error.message)) : Effect.die(error)
    )
  )

/** Somebody is at it, for as long as this hub lives. Null: somebody else is. */
const hold = (name: string, owner: string) =>
  Effect.gen(function*() {
    const { leases } = yield* Storage
    const now = yield* Clock.currentTimeMillis
    return yield* leases.acquire(name, owner, now, now + DECIDING)
  })

/** One that fails is made up for by the next: the database may be away for a moment. */
const keepHolding = (name: string, owner: string) =>
  Effect.repeat(Effect.ignore(hold(name, owner)), Schedule.spaced(Duration.millis(RENEW_EVERY)))

/**
 * A person's word on a held run. Whoever decides does it alone, under a lease. The adapter acts first: cut off after
 * that, the run is still held, and deciding again does no harm (the same file twice changes nothing).
 */
export const decideRun = (id: string, decision: RunDecision, actor: Actor) =>
  Effect.gen(function*() {
    const storage = yield* Storage
    const owner = yield* nextUuid
    const lease = RUN_LEASES + id
    if ((yield* hold(lease, owner)) === null) {
      return yield* refused(decision, "held", "Somebody else is deciding on this run at this moment. Read it again.")
    }
    return yield* Effect.gen(function*() {
      yield* Effect.forkScoped(Effect.delay(keepHolding(lease, owner), Duration.millis(RENEW_EVERY)))
      const run = yield* storage.stock.run(id)
      if (run === null) return yield* NotFound.of("run", id)
      if (run.state !== "held") return yield* notHeld(decision, run)
      const runs = yield* keeper(decision, run)
      if (runs !== undefined) yield* tellKeeper(runs, decision, run)
      return (yield* storage.stock.decide(id, decision, actor)) ?? (yield* notHeld(decision, run))
    }).pipe(Effect.scoped, Effect.ensuring(Effect.ignore(storage.leases.release(lease, owner))))
  })
