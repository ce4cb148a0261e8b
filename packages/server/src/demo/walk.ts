import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { OrderView } from "@aptekit/core"
import type { NewKey } from "../keys.ts"
import { jsonLog } from "../log.ts"
import type { EventView } from "../routes/event-view.ts"
import { type RunningServer, startServer } from "../server.ts"
import { openStorage } from "../storage.ts"
import { demoAdapters } from "./adapters.ts"
import { type DemoClient, demoClient } from "./client.ts"
import { demoBranches } from "./branches.ts"
import { seedIfEmpty } from "./seed.ts"
import { chronology, explanation, statusText, tenge } from "./story.ts"

type Order = typeof OrderView.Encoded
type Event = typeof EventView.Encoded

/** Open round the clock, so that the walk ends well at any hour. */
const PICKUP_BRANCH = "b02"
/** Typed as people type; the geocoder's table has «пр. Достык, 132». */
const ADDRESS = "проспект Достык 132"
const SMS_PATIENCE_MS = 5_000

const say = (text = ""): void => void process.stdout.write(`${text}\n`)

/** Messages to buyers as they come, and a way to wait for the next one. */
const mailbox = () => {
  const waiting: Array<(line: string) => void> = []
  const lines: Array<string> = []
  return {
    write: (line: string): void => {
      const reader = waiting.shift()
      if (reader === undefined) lines.push(line)
      else reader(line)
    },
    next: (): Promise<string> =>
      new Promise((resolve, reject) => {
        const line = lines.shift()
        if (line !== undefined) return resolve(line)
        const timer = setTimeout(() => reject(new Error("no message came in time")), SMS_PATIENCE_MS)
        waiting.push((arrived) => {
          clearTimeout(timer)
          resolve(arrived)
        })
      })
  }
}

type Mailbox = ReturnType<typeof mailbox>

interface Stocked {
  readonly productId: string
  readonly available: number | null
  readonly price: { readonly amount: number } | null
}
interface Found {
  readonly id: string
  readonly name: { readonly ru: string }
  readonly prescription: boolean
  readonly stockControl: boolean
}

/** A few products that the branch has plenty of, sold without prescription. */
const choose = async (client: DemoClient, branchId: string, text: string): Promise<Found> => {
  const { items } = await client.get<{ items: ReadonlyArray<Found> }>(
    "channel",
    `/products?limit=50&text=${encodeURIComponent(text)}`
  )
  const free = items.filter((product) => !product.prescription && product.stockControl)
  const ids = free.map(({ id }) => id).join(",")
  const stock = await client.get<{ items: ReadonlyArray<Stocked> }>(
    "channel",
    `/stock?productId=${ids}&branchId=${branchId}`
  )
  const there = stock.items.find(({ available, price }) => (available ?? 0) >= 5 && price !== null)
  const product = free.find(({ id }) => id === there?.productId)
  if (product === undefined) throw new Error(`the demo network has no «${text}» at ${branchId}`)
  return product
}

const command = (client: DemoClient, order: Order, name: string, role: NewKey["role"] = "branch"): Promise<Order> =>
  client.post<Order>(role, `/fulfilments/${order.fulfilments[0]?.id}/${name}`, {})

const sell = async (client: DemoClient, order: Order, receipt: string): Promise<void> => {
  const [part] = order.fulfilments
  if (part === undefined) throw new Error(`order ${order.number} has no part`)
  await client.post("register", "/sales", {
    source: "kassa-1",
    id: receipt,
    branchId: part.branchId,
    occurredAt: new Date().toISOString(),
    fulfilmentNumber: part.number,
    lines: part.lines.map(({ productId, quantity }) => ({ productId, quantity }))
  })
}

const finish = async (client: DemoClient, id: string): Promise<void> => {
  const order = await client.get<Order>("operator", `/orders/${id}`)
  const { items } = await client.get<{ items: ReadonlyArray<Event> }>("operator", `/orders/${id}/events`)
  say("  Хронология:")
  say(chronology(items))
  say(`  Итог: заказ ${order.number} — ${statusText(order.status)}, ${tenge(order.total.amount)}`)
  if (order.status !== "closed") throw new Error(`order ${order.number} ended as ${order.status}`)
}

const pickup = async (client: DemoClient, sms: Mailbox): Promise<void> => {
  const product = await choose(client, PICKUP_BRANCH, "витамин")
  say("\n1. Самовывоз")
  say(`  Айгерим заказывает в интернет-магазине: ${product.name.ru}, 2 шт.`)
  let order = await client.post<Order>("channel", "/orders", {
    channel: "shop",
    externalId: "W-1001",
    customer: { name: "Айгерим", phone: "8 (701) 000-00-01" },
    delivery: { type: "pickup", branchId: PICKUP_BRANCH },
    lines: [{ productId: product.id, quantity: 2 }],
    payment: { method: "card" }
  })
  say(`  Заказ ${order.number}: ${statusText(order.status)}; товар отложен`)
  say(`  SMS: ${await sms.next()}`)
  order = await command(client, order, "accept")
  order = await command(client, order, "hold")
  order = await command(client, order, "assemble")
  say(`  SMS: ${await sms.next()}`)
  await sell(client, order, "R-0001")
  await finish(client, order.id)
}

const courier = async (client: DemoClient, sms: Mailbox): Promise<void> => {
  const products = [await choose(client, PICKUP_BRANCH, "крем"), await choose(client, PICKUP_BRANCH, "спрей")]
  say("\n2. Доставка курьером")
  say(`  Даулет пишет адрес от руки: «${ADDRESS}» и выбирает:`)
  for (const { name } of products) say(`    ${name.ru}, 1 шт.`)
  let order = await client.post<Order>("channel", "/orders", {
    channel: "shop",
    externalId: "W-1002",
    customer: { name: "Даулет", phone: "+7 701 000 00 02" },
    delivery: { type: "courier", address: { text: ADDRESS } },
    lines: products.map(({ id }) => ({ productId: id, quantity: 1 })),
    payment: { method: "online" }
  })
  say(`  Заказ ${order.number}: ${statusText(order.status)}. Умная сборка:`)
  say(explanation(order, demoBranches))
  say(`  SMS: ${await sms.next()}`)
  order = await command(client, order, "accept")
  order = await command(client, order, "assemble")
  say(`  SMS: ${await sms.next()}`)
  order = await command(client, order, "handOver")
  order = await command(client, order, "deliver", "operator")
  await sell(client, order, "R-0002")
  await finish(client, order.id)
}

/** `npm run demo`: two orders from the shop to the cash register, over HTTP, on a hub of its own. */
const walk = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-demo-"))
  let server: RunningServer | undefined
  try {
    const sms = mailbox()
    let keys: ReadonlyArray<NewKey> = []
    say("Аптечная сеть в Алматы: склад и 16 аптек, почти 3 000 товаров. Все имена и товары выдуманы.")
    server = await startServer({
      storage: await openStorage({ kind: "sqlite", file: join(folder, "demo.db") }),
      adapters: demoAdapters({ write: sms.write }),
      directory: (connection) => join(folder, connection),
      log: jsonLog("warn"),
      host: "127.0.0.1",
      prepare: async (hub) => {
        keys = (await seedIfEmpty(hub)) ?? []
      }
    })
    const client = demoClient(server.port, keys)
    await pickup(client, sms)
    await courier(client, sms)
    say("\nГотово. Живой сервер: npm start")
  } finally {
    await server?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

await walk()
