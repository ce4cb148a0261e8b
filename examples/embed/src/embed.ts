import { consoleMessages } from "@aptekit/adapter-sms"
import { createHub } from "@aptekit/core"
import { sqlite } from "@aptekit/storage-sql"
import { request, seed } from "./seed.ts"

const told = Promise.withResolvers<string>()
const file = process.argv[2] ?? "hub.sqlite"
await using hub = await createHub({ storage: sqlite({ file }), adapters: [consoleMessages({ write: told.resolve })] })
await seed(hub)
const { order: { id, number, status, total }, created } = await hub.orders.place(request)
console.log(`${created ? "new" : "known"} order ${number}: ${status}, ${total.amount / 100} ${total.currency}`)
for await (const event of hub.events({ after: 0 })) {
  console.log(`event ${event.seq}: ${event.type}`)
  if (event.orderId === id) break
}
if (created) console.log(`message ${await told.promise}`)
