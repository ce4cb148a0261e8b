import { Clock, Effect } from "effect"
import type { PortService } from "../adapter/port.ts"
import type { Policy } from "../network/policy.ts"
import { askInTurn, type Link } from "./chain.ts"
import type { distanceMatrixPort } from "./matrix.ts"
import type { AssemblyPolicy, PlanRequest } from "./ports.ts"
import { addMatrix, hasShape, measureBy, NO_ROADS, type RoadQuestion, roadQuestion, type Roads } from "./roads.ts"

type Matrix = PortService<typeof distanceMatrixPort.methods>

/** By the roads of the first answer another branch may come to the front; it is asked for once more. */
const ROUNDS = 2

/** The roads that a plan needs, and what stood against asking for more. */
export interface KnownRoads {
  readonly roads: Roads
  readonly notes: ReadonlyArray<string>
}

export const ROADS_UNASKED: KnownRoads = { roads: NO_ROADS, notes: [] }

/**
 * Asks the matrices in turn for the few roads that decide: the policy names its contenders on a plan as the crow flies,
 * and again on one with the roads. What nobody answers in time is left to the great circle, and the notes say so; so is
 * all, where no branch that was asked for has a road to the client.
 */
export const roadAsker = (matrices: ReadonlyArray<Link<Matrix>>, assembly: AssemblyPolicy) => {
  const ask = askInTurn(matrices)
  const answer = (question: RoadQuestion, patience: number) => {
    const [a, ...from] = question.from
    const [b, ...to] = question.to
    return ask(
      patience,
      (matrix) => matrix.matrix({ from: [a!, ...from], to: [b!, ...to] }),
      ({ cells }) => hasShape(cells, question.from, question.to)
    )
  }
  return (
    request: PlanRequest,
    policy: Pick<Policy, "detourFactor" | "nearestBy">,
    patience: number
  ): Effect.Effect<KnownRoads> =>
    Effect.gen(function*() {
      const { client } = request
      if (matrices.length === 0 || client === null || assembly.contenders === undefined) return ROADS_UNASKED
      const until = (yield* Clock.currentTimeMillis) + patience
      const notes: Array<string> = []
      let roads = NO_ROADS
      let reached = false
      for (let round = 0; round < ROUNDS; round++) {
        const measured = { ...request, ...measureBy(roads, policy) }
        const question = roadQuestion(assembly.contenders(measured, assembly.plan(measured)), client, roads)
        if (question === null) break
        const { answers, failures } = yield* answer(question, until - (yield* Clock.currentTimeMillis))
        for (const { connection, why } of failures) notes.push(`distance matrix ${connection}: ${why}`)
        const usable = answers.find((a) => hasShape(a.answer.cells, question.from, question.to))
        for (const { connection } of answers.filter((a) => a !== usable)) {
          notes.push(`distance matrix ${connection}: its answer does not fit the question`)
        }
        if (usable === undefined) {
          notes.push("no distance matrix answered: as the crow flies")
          break
        }
        roads = addMatrix(roads, question.from, question.to, usable.answer)
        reached ||= usable.answer.cells.some((row) => row[0] !== null)
      }
      // A yard that the map does not join to its street says nothing of who is near, and must not send the order far away.
      if (roads !== NO_ROADS && !reached) {
        roads = NO_ROADS
        notes.push("no road to the client is known: as the crow flies")
      }
      return { roads, notes: [...new Set(notes)] }
    })
}
