import { COMMAND_INPUTS, type RequestableCommand, Schema, transition } from "@aptekit/core"
import { actorOf, COMMAND_NAMES } from "../access.ts"
import { idempotencyKeyOf, idOf, ifMatchOf } from "../http/query.ts"
import type { Operation } from "../operation.ts"
import { COMMAND_PROBLEMS, ID, IDEMPOTENCY_KEY, IF_MATCH, ORDER_ANSWER, orderResponse } from "./shared.ts"

/** What each command does, in one line for the document; the rest of its page comes from the table. */
const NOTES: Readonly<Record<RequestableCommand, string>> = {
  assign: "Sends the part to its branch, or to the one named.",
  escalate: "Hands the part to the operators, with a reason and a comment.",
  accept: "The branch takes the part; the booking period starts.",
  defer: "Silences the call for the branch's attention for some minutes.",
  hold: "Reserves what is there of the missing units.",
  changeLines: "Changes quantities (0 takes a line out) and adds lines.",
  substitute: "Replaces a line's product, by an analogue as a rule.",
  requestPurchase: "Waits for missing goods until the expected date; what is there stays held.",
  arrive: "The awaited goods came: they are held and the part goes on.",
  scan: "Confirms units of a line by a scanned barcode (EAN-13, GS1 DataMatrix).",
  assemble: "Every line is held and packed.",
  extend: "Prolongs a living reservation to a date and time.",
  handOver: "Gives the packed goods to the courier.",
  deliver: "The customer has the goods.",
  fail: "The delivery failed: the goods come back.",
  receiveBack: "The branch takes returned goods back, packed again or cancelled.",
  putBack: "The goods of an ended part are back on the shelf.",
  cancel: "Cancels this part; its goods are for sale again."
}

const hasRequiredField = (command: RequestableCommand): boolean =>
  !Schema.is(COMMAND_INPUTS[command] as Schema.Codec<unknown, unknown>)({})

const describe = (command: RequestableCommand): string => {
  const { from, to, by } = transition(command)
  const target = to === "same" ? "the state stays" : `to ${to.join(" or ")}`
  const people = by.filter((kind) => kind !== "system").join(", ")
  return `${NOTES[command]} From ${from.join(", ")}; ${target}. By ${people}.`
}

/** One operation per transition, made from the table of transitions (D32). */
const commandOperation = (command: RequestableCommand): Operation => ({
  id: `${command}Fulfilment`,
  method: "post",
  path: `/fulfilments/:id/${command}`,
  tag: "fulfilments",
  summary: transition(command).title.en,
  description: describe(command),
  parameters: [ID("fulfilment"), IF_MATCH, IDEMPOTENCY_KEY],
  body: { schema: COMMAND_INPUTS[command], required: hasRequiredField(command) },
  answers: { 200: ORDER_ANSWER("Done: the whole order as it is now.") },
  problems: COMMAND_PROBLEMS,
  handle: async ({ c, hub, key, body }) =>
    orderResponse(
      await hub.orders.command(idOf(c, "fulfilment"), command, body as never, {
        actor: actorOf(key, command),
        ifMatch: ifMatchOf(c),
        idempotencyKey: idempotencyKeyOf(c)
      })
    )
})

export const fulfilmentOperations: ReadonlyArray<Operation> = COMMAND_NAMES.map(commandOperation)
