import { type Attempt, isOk, orderOf } from "./attempts.ts"
import type { Tables } from "./tables.ts"

const ENDED = ["closed", "cancelled", "expired"]
const OPEN = ["assigned", "accepted", "awaiting", "assembled", "delivering", "delivered", "returning"]
/** In these the system acts when the time is up (D11). */
const SWEPT = ["assigned", "assembled"]

/** P1: what was answered 2xx is there, and each part is final, on its way, or before a person. */
export const ordersAreThere = (tables: Tables, attempts: ReadonlyArray<Attempt>, quiet: boolean): ReadonlyArray<string> => {
  const orders = new Map(tables.orders.map((order) => [order.id, order]))
  const found: Array<string> = []
  for (const one of attempts) {
    if (one.kind !== "place" && one.kind !== "command") continue
    for (const answer of one.answers.filter(isOk)) {
      const answered = orderOf(answer)!
      const stored = orders.get(answered.id)
      if (stored === undefined) found.push(`P1: order ${answered.id} was answered ${answer.status} and is gone`)
      else if (stored.version < answered.version) {
        found.push(`P1: order ${answered.id} was answered in version ${answered.version}, stored is ${stored.version}`)
      } else if (stored.external_id !== answered.externalId || stored.number !== answered.number) {
        found.push(`P1: order ${answered.id} is not the one that was answered`)
      }
    }
  }
  const cases = new Set(tables.operator_cases.filter((c) => c.closed_at === null).map((c) => `${c.order_id}/${c.part}`))
  for (const part of tables.fulfilments) {
    const known = [...ENDED, ...OPEN, "placed", "operator"].includes(part.status)
    if (!known) found.push(`P1: part ${part.id} has the status ${part.status}`)
    if (part.status === "placed" && quiet) found.push(`P1: part ${part.id} was never planned`)
    if (part.status === "operator" && !cases.has(`${part.order_id}/${part.part}`)) {
      found.push(`P1: part ${part.id} waits for an operator without a case`)
    }
    if (SWEPT.includes(part.status) && part.sweep_at === null) found.push(`P1: nobody will ever look at part ${part.id} again`)
  }
  for (const order of tables.orders) {
    if (!tables.fulfilments.some((part) => part.order_id === order.id)) found.push(`P1: order ${order.id} has no parts`)
  }
  return found
}

const twice = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const seen = new Set<string>()
  return names.filter((name) => seen.size === seen.add(name).size)
}

/** P2: one order for each key of a channel, one effect for each key of a command, one receipt for each sale. */
export const nothingTwice = (tables: Tables, attempts: ReadonlyArray<Attempt>): ReadonlyArray<string> => {
  const found = twice(tables.orders.map((order) => `${order.channel_id}/${order.external_id}`))
    .map((key) => `P2: two orders of ${key}`)
  for (const number of twice(tables.orders.map((order) => order.number))) found.push(`P2: two orders numbered ${number}`)
  for (const one of attempts) {
    if (one.answers.some(({ status }) => status === 500)) found.push(`P2: ${one.path} was answered 500`)
    if (one.kind === "place") {
      const ids = new Set(one.answers.filter(isOk).map((answer) => orderOf(answer)!.id))
      if (ids.size > 1) found.push(`P2: ${String(one.body["externalId"])} was answered with ${ids.size} orders`)
    }
    if (one.kind === "place" || one.kind === "sale") {
      const made = one.answers.filter(({ status }) => status === 201).length
      if (made > 1) found.push(`P2: ${one.path} ${String(one.body["externalId"] ?? one.body["id"])} was made ${made} times`)
      const refused = one.answers.find((answer) => !isOk(answer))
      if (refused !== undefined) found.push(`P2: ${one.path} was refused: ${JSON.stringify(refused)}`)
    }
    if (one.kind === "conflict" && one.answers.some(({ status }) => status !== 409)) {
      found.push(`P2: other contents under a known key were answered ${one.answers.map(({ status }) => status).join(", ")}`)
    }
  }
  return [...found, ...commandsOnce(tables, attempts)]
}

/** A key is stored by the commit that it paid for: as many changes as keys, and no key of a refused command. */
const commandsOnce = (tables: Tables, attempts: ReadonlyArray<Attempt>): ReadonlyArray<string> => {
  const found: Array<string> = []
  const taken = new Set(tables.idempotency_keys.map((row) => row.key_text))
  for (const one of attempts) {
    if (one.key === null || one.answers.length === 0) continue
    const accepted = one.answers.some(isOk)
    if (accepted !== taken.has(one.key)) {
      const statuses = one.answers.map(({ status }) => status).join(", ")
      found.push(`P2: ${one.path} was answered ${statuses}, but its key is ${accepted ? "unknown" : "taken"}`)
    }
  }
  const orderOfPart = new Map(tables.fulfilments.map((part) => [part.id, part.order_id]))
  const wished = new Map<string, number>()
  for (const { fingerprint } of tables.idempotency_keys) {
    const [target, command] = JSON.parse(fingerprint) as readonly [string, string, unknown]
    const name = `${orderOfPart.get(target) ?? target} ${command}`
    wished.set(name, (wished.get(name) ?? 0) + 1)
  }
  const changes = new Map<string, Set<string>>()
  for (const event of tables.events) {
    const [, command] = /^fulfilment\.(\w+)$/u.exec(event.type) ?? []
    if (command === undefined || command === "sell" || event.actor_kind === "system") continue
    const name = `${event.order_id} ${command}`
    changes.set(name, (changes.get(name) ?? new Set()).add(event.change_id))
  }
  for (const name of new Set([...wished.keys(), ...changes.keys()])) {
    const [keys, done] = [wished.get(name) ?? 0, changes.get(name)?.size ?? 0]
    if (keys !== done) found.push(`P2: ${name}: ${keys} keys taken, done ${done} times`)
  }
  return found
}
