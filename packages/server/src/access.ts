import {
  type ActorKind,
  type Actor,
  type ApiKey,
  type ApiRole,
  COMMAND_INPUTS,
  type RequestableCommand,
  transition
} from "@aptekit/core"

/** Who may call what. An operation that is not here does not exist: the server refuses to start with it. */
export const ACCESS = {
  placeOrder: ["channel", "branch", "operator", "admin"],
  listOrders: ["channel", "branch", "operator", "register", "admin"],
  getOrder: ["channel", "branch", "operator", "admin"],
  getOrderEvents: ["channel", "branch", "operator", "admin"],
  cancelOrder: ["channel", "branch", "operator", "admin"],
  listOpenCases: ["operator", "admin"],
  closeCase: ["operator", "admin"],
  confirmAddress: ["operator", "admin"],
  reportPayment: ["channel", "operator", "admin"],
  recordSale: ["register", "admin"],
  searchProducts: ["channel", "branch", "operator", "register", "admin"],
  getProduct: ["channel", "branch", "operator", "register", "admin"],
  putProducts: ["admin"],
  listProductGroups: ["channel", "branch", "operator", "register", "admin"],
  putProductGroups: ["admin"],
  getSeries: ["branch", "operator", "register", "admin"],
  getStock: ["channel", "branch", "operator", "register", "admin"],
  putStock: ["admin"],
  putPrices: ["admin"],
  listBranches: ["channel", "branch", "operator", "register", "admin"],
  putBranches: ["admin"],
  listChannels: ["admin"],
  putChannels: ["admin"],
  testWebhook: ["admin"],
  getOrderMessages: ["branch", "operator", "admin"],
  listPolicies: ["operator", "admin"],
  putPolicies: ["admin"],
  putPushSubscription: ["channel", "admin"],
  removePushSubscription: ["channel", "admin"],
  putOptOut: ["operator", "admin"],
  checkOptOut: ["operator", "admin"],
  listTemplates: ["operator", "admin"],
  putTemplates: ["admin"],
  previewTemplate: ["operator", "admin"],
  listSyncRuns: ["operator", "admin"],
  getSyncRun: ["operator", "admin"],
  getSyncRunDifference: ["operator", "admin"],
  releaseSyncRun: ["admin"],
  discardSyncRun: ["admin"],
  listLanes: ["operator", "admin"],
  listOutbox: ["operator", "admin"],
  getMessage: ["operator", "admin"],
  mendMessage: ["admin"],
  replayMessage: ["admin"],
  discardMessage: ["admin"],
  listExchangeLog: ["operator", "admin"],
  followEvents: ["branch", "operator", "admin"]
} as const satisfies Record<string, ReadonlyArray<ApiRole>>

export type CommandOperation = `${RequestableCommand}Fulfilment`
export type OperationId = keyof typeof ACCESS | CommandOperation

/** As whom a role acts. An administrator acts as whoever the command is for. */
const KIND: Readonly<Record<Exclude<ApiRole, "admin">, ActorKind>> = {
  channel: "channel",
  branch: "branch",
  operator: "operator",
  register: "register"
}
const ADMIN_KINDS: ReadonlyArray<ActorKind> = ["operator", "branch"]

/** Commands of a fulfilment: for the branch, the operator and the administrator, as the table of transitions says. */
const commandRoles = (command: RequestableCommand): ReadonlyArray<ApiRole> => {
  const { by } = transition(command)
  return [...(["branch", "operator"] as const).filter((role) => by.includes(role)), "admin"]
}

export const COMMAND_NAMES = Object.keys(COMMAND_INPUTS) as ReadonlyArray<RequestableCommand>

const COMMAND_ROLES = Object.fromEntries(
  COMMAND_NAMES.map((command) => [`${command}Fulfilment`, commandRoles(command)])
) as Readonly<Record<CommandOperation, ReadonlyArray<ApiRole>>>

export const rolesOf = (operation: OperationId): ReadonlyArray<ApiRole> => ({ ...ACCESS, ...COMMAND_ROLES })[operation]

/** The author of what a key does. Its label names no person; a channel is its own author. */
export const actorOf = (key: ApiKey, command?: RequestableCommand): Actor => {
  if (key.role === "channel") return { kind: "channel", id: key.channelId }
  if (key.role !== "admin") return { kind: KIND[key.role], id: key.label }
  const by = command === undefined ? ADMIN_KINDS : transition(command).by
  return { kind: ADMIN_KINDS.find((kind) => by.includes(kind)) ?? "operator", id: key.label }
}

/** May this key see an order of this channel? A channel sees its own only; to it, others do not exist. */
export const seesChannel = (key: ApiKey, channelId: string): boolean =>
  key.role !== "channel" || key.channelId === channelId

/** May this key place orders for this channel? */
export const placesFor = (key: ApiKey, channelId: string): boolean =>
  key.role === "operator" || key.role === "admin" || key.channelId === channelId
