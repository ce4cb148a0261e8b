import type { ODataFaults } from "@aptekit/adapter-1c/testing"
import type { Fault } from "@aptekit/core/testing"
import { controls } from "./control.ts"
import { type Door, openDoor } from "./door.ts"
import { type Simulated, type SimulatorName, SIMULATORS } from "./simulators.ts"

export const FAULTS: ReadonlyArray<Fault> = ["slow", "down", "dropAfter", "refuses", "garbled", "duplicate"]

/** Faults of one partner alone; of the others nobody has them. */
export const OWN_FAULTS: Readonly<Partial<Record<SimulatorName, ReadonlyArray<string>>>> = {
  "1c-odata": ["html", "stale", "refuseSession", "deaf", "business", "busy", "shift", "conflict"] satisfies ReadonlyArray<
    keyof ODataFaults
  >
}

export const faultsOf = (name: SimulatorName): ReadonlyArray<string> => [...FAULTS, ...(OWN_FAULTS[name] ?? [])]

export interface FaultSetting {
  /** One of `faultsOf`. */
  readonly fault: string
  /** So many calls; without it all, until it is mended. `down` over HTTP takes none: a call that is refused is not seen. */
  readonly times?: number
}

/** Which partner runs, where, and with what fault. */
export interface SimulateOptions {
  readonly name: SimulatorName
  /** @default any that is free */
  readonly port?: number
  /** The port of the switches. @default any that is free */
  readonly control?: number
  readonly fault?: FaultSetting
  /** For `1c-odata`: the base's tables. */
  readonly data?: unknown
}

/** A partner that runs. */
export interface Simulation extends AsyncDisposable {
  readonly name: SimulatorName
  /** What an adapter's configuration says to speak to it. */
  readonly config: object
  /** The address of the switches, such as `http://127.0.0.1:4011`. */
  readonly control: string
}

/** A partner's faults where connections are real: being down is a port that nobody listens on. */
export const switches = (name: SimulatorName, partner: Simulated, door: Door | null) => {
  let current: FaultSetting | null = null
  const mend = async (): Promise<void> => {
    current = null
    partner.mend()
    for (const fault of OWN_FAULTS[name] ?? []) partner.own![fault] = 0
    await door?.open()
  }
  const set = async (setting: FaultSetting): Promise<void> => {
    const { fault, times } = setting
    if (!faultsOf(name).includes(fault)) throw new Error(`fault: ${faultsOf(name).join(", ")}`)
    if (fault === "down" && times !== undefined && door !== null) {
      throw new Error("down lasts until it is mended: a refused call cannot be counted")
    }
    await mend()
    current = setting
    if (fault === "down" && door !== null) await door.shut()
    else if (FAULTS.includes(fault as Fault)) partner.fault(fault as Fault, times)
    else partner.own![fault] = times ?? Number.POSITIVE_INFINITY
  }
  return { set, mend, current: () => current }
}
export type Switches = ReturnType<typeof switches>

/** Starts a simulator as a partner on this machine. @throws Error when a port is taken or the data are none */
export const simulate = async (options: SimulateOptions): Promise<Simulation> => {
  const { name, port = 0, control = 0 } = options
  const partner: Simulated = await SIMULATORS[name]({ port, data: options.data })
  const closing: Array<() => Promise<void>> = [async () => partner.close?.()]
  const close = async (): Promise<void> => {
    partner.mend()
    await Promise.all(closing.map((end) => end()))
  }
  try {
    const door = partner.fetch === null ? null : await openDoor(partner.fetch, port)
    if (door !== null) closing.push(door.shut)
    const faults = switches(name, partner, door)
    if (options.fault !== undefined) await faults.set(options.fault)
    const config = partner.config(door?.origin ?? "")
    const panel = await openDoor(controls({ name, config, partner, faults }), control)
    closing.push(panel.shut)
    return { name, config, control: panel.origin, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
