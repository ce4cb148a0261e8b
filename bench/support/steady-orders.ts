import { Agent, request } from "node:http"

/** Orders at a steady rate, whatever becomes of the former ones: an open loop, timed from when each was due. */
export interface SteadyJob {
  readonly port: number
  readonly key: string
  readonly perSecond: number
  readonly run: string
  readonly products: number
  readonly branches: number
  /** Milliseconds at its beginning that are not counted: a process that has just started is slow by itself. */
  readonly warm: number
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

const bodyOf = (i: number, { run, products, branches }: SteadyJob): string =>
  JSON.stringify({
    channel: "bench",
    externalId: `${run}-${i}`,
    customer: { name: "Айгуль Сериковна", phone: "+7 701 000 00 00" },
    delivery: { type: "pickup", branchId: `b${i % branches}` },
    lines: [{ sku: `A${(i * 7919) % products}`, quantity: 1 }, { sku: `A${(i * 104_729 + 1) % products}`, quantity: 1 }],
    payment: { method: "cash" }
  })

const place = (job: SteadyJob, i: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${job.key}` }
    const sent = request({ port: job.port, path: "/api/v1/orders", method: "POST", agent, headers }, (answer) => {
      answer.resume()
      answer.on("end", () => resolve(answer.statusCode ?? 0))
    })
    sent.on("error", reject)
    sent.end(bodyOf(i, job))
  })

process.on("message", (job: SteadyJob | "stop") => {
  if (job === "stop") return void stop()
  const started = performance.now()
  let next = 0
  const times: Array<number> = []
  const taken = { all: 0, refused: 0 }
  const pending = new Set<Promise<void>>()
  const timer = setInterval(() => {
    for (; next * 1000 / job.perSecond <= performance.now() - started; next++) {
      const due = started + next * 1000 / job.perSecond
      const ordered = async (n: number): Promise<void> => {
        const status = await place(job, n)
        if (due - started >= job.warm) times.push(performance.now() - due)
        taken.all++
        if (status !== 201) taken.refused++
      }
      const one = ordered(next).finally(() => void pending.delete(one))
      pending.add(one)
    }
  }, 1)
  stop = async () => {
    clearInterval(timer)
    await Promise.all(pending)
    const sorted = times.toSorted((a, b) => a - b)
    process.send?.({ ...taken, p50: sorted[Math.floor(sorted.length / 2)], p99: sorted[Math.floor(sorted.length * 0.99)], max: sorted.at(-1) })
    process.disconnect()
    agent.destroy()
  }
})
let stop = async (): Promise<void> => undefined
