import { createHub, type StorageLayer } from "@aptekit/core"
import { type LevelRow, loadNetwork, makeBranch, makeChannel, makeProduct, type TestNetwork } from "@aptekit/core/testing"
import { addKeys, type NewKey } from "../../../src/keys.ts"

/** One key per role; their texts are of no use anywhere else. */
export const KEYS = {
  shop: { text: "fault-test-shop-key", role: "channel", channelId: "shop", label: "shop" },
  app: { text: "fault-test-app-key", role: "channel", channelId: "app", label: "app" },
  branch: { text: "fault-test-branch-key", role: "branch", channelId: "shop", label: "board-1" },
  operator: { text: "fault-test-operator-key", role: "operator", channelId: "shop", label: "desk-1" },
  register: { text: "fault-test-register-key", role: "register", channelId: "shop", label: "till-1" },
  admin: { text: "fault-test-admin-key", role: "admin", channelId: "shop", label: "root" }
} as const satisfies Record<string, NewKey>
export type KeyName = keyof typeof KEYS

export const BRANCHES = ["north", "south", "east"] as const
/** Where a register tells of sales; at `south` the hand-over to the courier is the sale (D9). */
export const REGISTER_BRANCHES = ["north", "east"] as const

/** Never run out. */
export const PLENTY = ["aspirin", "ibuprofen"] as const
/** Run out within a run: the last units are fought for. */
export const SCARCE = ["insulin", "serum"] as const
/** Only these are sold over the counter and stated anew. */
export const COUNTER = ["vitamins", "plasters"] as const
export const UNTRACKED = "coffee"
export const PRODUCTS = [...PLENTY, ...SCARCE, ...COUNTER, UNTRACKED] as const

export const BARCODES: Readonly<Record<string, string>> = Object.fromEntries(
  PRODUCTS.map((id, i) => [id, `46000000000${(i * 13 + 15).toString().padStart(2, "0")}`])
)

/** An address that the geocoder of the tests knows. */
export const ADDRESS = { address: "пр. Абая, 1", lat: 43.24, lon: 76.95 }

const unitsOf = (product: string): number => {
  if ((SCARCE as ReadonlyArray<string>).includes(product)) return 15
  return (COUNTER as ReadonlyArray<string>).includes(product) ? 20 : 1_000_000
}

/** Goods that nobody orders: enough rows that a statement of all of them is written in several slices. */
export const FILLERS = Array.from({ length: 1_100 }, (_, i) => `filler-${i}`)

export const LEVELS: ReadonlyArray<LevelRow> = PRODUCTS.filter((id) => id !== UNTRACKED)
  .flatMap((product) => BRANCHES.map((branch) => [product, branch, unitsOf(product)] as const))

/** The time of the first statement: long past, in whole seconds as files have it. */
export const STATED_AT = Date.UTC(2026, 0, 1)

const network: TestNetwork = {
  branches: [
    makeBranch("north", { point: { lat: 43.27, lon: 76.94 } }),
    makeBranch("south", { point: { lat: 43.2, lon: 76.94 }, saleSource: "handover" }),
    makeBranch("east", { point: { lat: 43.24, lon: 77 } })
  ],
  channels: [makeChannel("shop"), makeChannel("app")],
  products: [
    ...PRODUCTS.map((id) => makeProduct(id, { barcodes: [BARCODES[id]!], stockControl: id !== UNTRACKED })),
    ...FILLERS.map((id) => makeProduct(id))
  ],
  policies: [],
  levels: LEVELS,
  prices: PRODUCTS.map((id, i) => [id, null, 10_000 + i * 1_000] as const)
}

/** Fills an empty database, in this process and before any fault. */
export const seedWorld = async (storage: StorageLayer): Promise<void> => {
  await using hub = await createHub({ storage, jobs: false })
  await hub.run(loadNetwork(network, STATED_AT))
  await addKeys(hub, Object.values(KEYS))
}
