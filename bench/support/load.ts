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
  let answered = 0
  let started = 0
  let ended = 0
  const times: Array<number> = []
  const instance = autocannon({
    url: job.url,
    connections: job.clients,
    amount: job.orders,
    timeout: 60,
    requests: [{
      method: "POST",
      path: "/api/v1/orders",
      setupRequest: (request) => {
        if (started === 0) started = performance.now()
        return {
          ...request,
          headers: { "content-type": "application/json", authorization: `Bearer ${job.key}` },
          body: JSON.stringify(orderBody(next++, job.run, job.network))
        }
      }
    }]
  }, (error, result) => {
    // autocannon looks at its clock once a second; the rate is worked out from the answers themselves.
    const sorted = times.toSorted((a, b) => a - b)
    process.send?.({
      error: error === null ? null : String(error),
      taken: result["2xx"],
      seconds: (ended - started) / 1000,
      p99: sorted[Math.floor(sorted.length * 0.99)]
    })
    process.disconnect()
  })
  instance.on("response", (_client, _status, _bytes, milliseconds) => {
    times.push(milliseconds)
    if (++answered === job.orders) ended = performance.now()
  })
})
