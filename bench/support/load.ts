import autocannon from "autocannon"
import { orderBody, type BenchNetwork } from "./network.ts"

/** What the load process is told by its parent. */
interface LoadJob {
  readonly url: string
  readonly key: string
  readonly clients: number
  readonly orders: number
  readonly run: string
  readonly network: BenchNetwork
}

/** Places orders over HTTP as fast as the answers come; a process of its own, as a channel is. */
process.on("message", (job: LoadJob) => {
  let next = 0
  const instance = autocannon({
    url: job.url,
    connections: job.clients,
    amount: job.orders,
    timeout: 60,
    requests: [{
      method: "POST",
      path: "/api/v1/orders",
      setupRequest: (request) => ({
        ...request,
        headers: { "content-type": "application/json", authorization: `Bearer ${job.key}` },
        body: JSON.stringify(orderBody(next++, job.run, job.network))
      })
    }]
  }, (error, result) => {
    process.send?.({ error: error === null ? null : String(error), ...result })
    process.disconnect()
  })
  instance.on("reqError", () => undefined)
})
