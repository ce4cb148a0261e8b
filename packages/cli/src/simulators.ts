import { ODATA_ROOT, oneCODataSimulator, type SimulatedTable, smallBase } from "@aptekit/adapter-1c/testing"
import { emailSimulator } from "@aptekit/adapter-email/testing"
import * as geo from "@aptekit/adapter-geo/testing"
import * as sms from "@aptekit/adapter-sms/testing"
import { pushServiceSimulator } from "@aptekit/adapter-webpush/testing"
import type { FaultControls, SimulatedCall, Simulator } from "@aptekit/core/testing"

/** A simulator as a process has it. */
export interface Simulated extends FaultControls {
  /** Null where the partner speaks no HTTP and listens itself. */
  readonly fetch: ((request: Request) => Promise<Response>) | null
  readonly ledger: ReadonlyArray<unknown>
  readonly calls: ReadonlyArray<SimulatedCall>
  /** The partner is done with all messages it has. */
  readonly settle?: (state: "delivered" | "undelivered") => void
  /** The partner tells the hub how its latest message stands, and gives what the hub answered. */
  readonly report?: (options: ReportOptions) => Promise<object>
  /** Faults that only this partner has: for how many calls each. */
  readonly own?: Record<string, number>
  /** What an adapter's configuration says to speak to it at this origin. Its keys are the simulator's. */
  readonly config: (origin: string) => object
  readonly close?: () => Promise<void>
}

export interface ReportOptions {
  /** The connection's entrance: `http://127.0.0.1:3000/exchange/sms`. Not where the partner has a line of its own to the hub. */
  readonly to: string | undefined
  /** As by somebody who does not know the secret. */
  readonly forged: boolean
}

export interface MakeOptions {
  /** The port of a partner that listens itself. */
  readonly port: number
  /** What `--data` holds. */
  readonly data: unknown
}

type Make = (options: MakeOptions) => Simulated | Promise<Simulated>

/** With the partner's path, which a configuration holds where its service is one address. */
const over = <Entry>(simulator: Simulator<Entry>, config: object, path = ""): Simulated => ({
  ...simulator,
  config: (origin) => ({ ...config, url: `${origin}${path}` })
})

/** A hub that takes longer has not heard it. Milliseconds. */
const REPORT_TIMEOUT = 10_000
/** Of the hub's answer so much is shown. */
const SHOWN = 500

const gateway = (make: () => sms.GatewaySimulator): Make => () => {
  const simulator = make()
  const report = async ({ to, forged }: ReportOptions): Promise<object> => {
    if (to === undefined) throw new Error("to: the address of the connection's entrance, such as http://127.0.0.1:3000/exchange/sms")
    const made = simulator.report({ forged })
    const url = new URL(to)
    // Some gateways sign by a key in the address.
    url.search = new URL(made.url).search
    const { method, headers } = made
    const answer = await fetch(url, { method, headers, body: await made.text(), redirect: "manual", signal: AbortSignal.timeout(REPORT_TIMEOUT) })
    return { status: answer.status, text: (await answer.text()).slice(0, SHOWN) }
  }
  return { ...over(simulator, simulator.config), settle: simulator.settle, report }
}

const keyed = <Entry>(make: () => geo.ServiceSimulator<Entry>, path: string): Make => () => {
  const simulator = make()
  return over(simulator, { key: simulator.key }, path)
}

const smpp: Make = async ({ port }) => {
  const simulator = await sms.smppSimulator({ port })
  return {
    ...simulator,
    fetch: null,
    calls: [],
    config: () => simulator.config,
    // A link that the hub has opened carries it, and whoever has the link is believed.
    report: async () => ({ answers: await simulator.tell() }),
    close: async () => simulator[Symbol.asyncDispose]()
  }
}

const email: Make = async ({ port }) => {
  const simulator = await emailSimulator({ port })
  return {
    ...simulator,
    fetch: null,
    calls: [],
    config: () => simulator.config,
    close: async () => simulator[Symbol.asyncDispose]()
  }
}

/** Browsers subscribe by `POST /subscriptions`; their endpoints bear the name that was called, so both are served. */
const webPush: Make = () => {
  const simulator = pushServiceSimulator()
  const services = (origin: string): ReadonlyArray<string> => [origin, origin.replace("//127.0.0.1:", "//localhost:")]
  return { ...simulator, config: (origin) => ({ vapid: simulator.config.vapid, services: services(origin) }) }
}

type Tables = Readonly<Record<string, SimulatedTable>>

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isTable = (table: unknown): boolean => isRecord(table) && isRecord(table["fields"]) && Array.isArray(table["rows"])

const tablesIn = (data: unknown): Tables => {
  if (data === undefined) return smallBase()
  if (isRecord(data) && Object.values(data).every(isTable)) return data as Tables
  throw new Error("--data must be {\"Catalog_…\": {\"fields\": {\"Ref_Key\": \"Guid\", …}, \"rows\": […]}, …}")
}

const odata: Make = ({ data }) => {
  const simulator = oneCODataSimulator({ tables: tablesIn(data) })
  const { login, password, faults } = simulator
  return { ...over(simulator, { login, password }, ODATA_ROOT), own: faults as unknown as Record<string, number> }
}

/** Every simulator that can be a process, by its name. */
export const SIMULATORS = {
  smsc: gateway(sms.smscSimulator),
  smsru: gateway(sms.smsruSimulator),
  mobizon: gateway(sms.mobizonSimulator),
  infobip: gateway(sms.infobipSimulator),
  turbosms: gateway(sms.turbosmsSimulator),
  smpp,
  email,
  "web-push": webPush,
  "yandex-geocoder": keyed(geo.yandexGeocoderSimulator, "/v1"),
  "2gis-geocoder": keyed(geo.twoGisGeocoderSimulator, "/3.0/items/geocode"),
  nominatim: () => over(geo.nominatimSimulator(), { userAgent: "aptekit-simulated" }),
  "yandex-matrix": keyed(geo.yandexMatrixSimulator, "/v2/distancematrix"),
  "2gis-matrix": keyed(geo.twoGisMatrixSimulator, "/get_dist_matrix"),
  osrm: () => over(geo.osrmSimulator(), {}),
  "1c-odata": odata
} as const satisfies Readonly<Record<string, Make>>

/** A partner that `aptekit simulate` knows. */
export type SimulatorName = keyof typeof SIMULATORS
