import { Schema } from "effect"
import { Interval, isWholeDay } from "./interval.ts"

/** What a buyer may be told about. */
export const NOTICES = ["reserved", "operator", "assembled", "expired", "cancelled", "closed"] as const

/** By what road a message goes; an adapter says which it takes. */
export const MESSAGE_KINDS = ["sms", "email", "push"] as const
const Kind = Schema.Literals(MESSAGE_KINDS)

/** As operators register one: Latin letters or digits; blanks and `. _ -` within. */
const SenderName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,9}[A-Za-z0-9])?$/u, { expected: "a sender's name: 1 to 11 Latin letters or digits" })
)
const Connection = Schema.NonEmptyString.check(Schema.isMaxLength(100))
const Limit = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 }))

/** Which kinds a buyer is told by. `first`: by the first one that reaches them. `each`: by all that do. */
const NotifyRule = Schema.Struct({
  /** Only these; left out: all. */
  notices: Schema.optionalKey(Schema.Array(Schema.Literals(NOTICES))),
  kinds: Schema.NonEmptyArray(Kind).check(Schema.isUnique()),
  mode: Schema.Literals(["first", "each"])
})

/** Which connections carry a kind of message, in turn. */
const GatewayRule = Schema.Struct({
  kind: Kind,
  /** Only to addresses that begin so: `+77`. Left out: to all. */
  prefix: Schema.optionalKey(Schema.NonEmptyString),
  connections: Schema.NonEmptyArray(Connection).check(Schema.isUnique())
})

const Minutes = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 * 24 * 90 }))

/**
 * Rules as data. Where the sources differ or are silent, the choice is here, with its default in
 * `DEFAULT_POLICY`; a rule never holds such a choice as a constant.
 */
export const Policy = Schema.Struct({
  /** When goods are held: at intake, or only when the branch accepts. */
  reserveAt: Schema.Literals(["intake", "branch"]),
  /** How long an order waits for its branch; counted from the later of now and the next opening (D13). */
  unacceptedHoldMinutes: Minutes,
  /** How long goods stay held while an operator has the order. */
  operatorHoldMinutes: Minutes,
  /** The booking period: runs from the branch's acceptance (ORD-7). */
  bookingMinutes: Minutes,
  /** The latest end an extension may set, counted from now. */
  maxExtendMinutes: Minutes,
  /** An accepted order whose time is up: a person cancels it, or the system does (ORD-7). */
  acceptedDue: Schema.Literals(["person", "expire"]),
  /** Who settles a shortage: the operator (seed 000) or the branch (seed 001) (ORD-14). */
  shortageSettledBy: Schema.Literals(["operator", "branch"]),
  /** May one delivery be put together from several branches? */
  split: Schema.Boolean,
  /** May a fulfilment be sold in part and stay open for the rest (ORD-12)? */
  partialSale: Schema.Boolean,
  /** Must every line be scanned before 'assembled' (ORD-11)? */
  confirmByScan: Schema.Boolean,
  /** Units beyond the ordered quantity that make a branch's stock 'deep' (ASM-1). */
  depthMargin: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 })),
  /** How sure the point of an address must be; what is less sure goes to the operator with its candidates (ASM-2). */
  addressPrecision: Schema.Literals(["exact", "number", "near", "street"]),
  /** Which of two branches is the nearer one by road: the shorter way, or the quicker. */
  nearestBy: Schema.Literals(["metres", "seconds"]),
  /** Road metres per metre as the crow flies, where no distance matrix answers (ASM-2). */
  detourFactor: Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 10 })),
  /** The channel's price differs from ours: ask the operator, sell at ours, or honour the channel's. */
  priceDiffers: Schema.Literals(["operator", "ours", "channel"]),
  /** A product we do not know: ask the operator, or refuse the request (422). */
  unknownProduct: Schema.Literals(["operator", "refuse"]),
  /** A pickup branch that will not open in time: ask the operator, or assign all the same. */
  branchClosed: Schema.Literals(["operator", "assign"]),
  /** Prescription products: only for pickup (shown at the counter), always to the operator, or as any other. */
  prescription: Schema.Literals(["pickupOnly", "operator", "allow"]),
  /** The same key with other contents: refuse (409), or take it as the customer's change (ORD-13, D15). */
  resendIsChange: Schema.Boolean,
  /** Country whose national phone spelling the channel's customers use (ISO 3166 alpha-2). */
  phoneCountry: Schema.String.check(Schema.isPattern(/^[A-Z]{2}$/u)),
  /** At which events the buyer is told (SMS-1). */
  notifyAt: Schema.Array(Schema.Literals(NOTICES)),
  /** When buyers are left in peace, in the branch's zone: a message waits for the end. Null: never. */
  quietHours: Schema.NullOr(
    Interval.check(Schema.makeFilter((quiet: Interval) => !isWholeDay(quiet) || "an interval shorter than a day"))
  ),
  /** Notices that do not wait for the end of quiet hours. */
  quietIgnoredBy: Schema.Array(Schema.Literals(NOTICES)),
  /** By which kinds buyers are told: the first rule for a notice stands (SMS-1, SMS-2). */
  notifyBy: Schema.Array(NotifyRule).check(Schema.isMaxLength(100)),
  /** The first rule of a kind whose prefix fits names its gateways; without one: all connections of the kind, as configured. */
  messageGateways: Schema.Array(GatewayRule).check(Schema.isMaxLength(100)),
  /** After so many failed tries a message goes to the next gateway, after the last one by its next kind. Null: never. */
  failOverTries: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000 }))),
  /** So many messages a day, in the branch's zone, go to one phone or e-mail address. Null: no limit. */
  dailyPerAddress: Schema.NullOr(Limit),
  /** So many messages a day, in the zone of the network's first branch, go through a connection. */
  dailyPerGateway: Schema.Record(Connection, Limit),
  /** The sender's name instead of the configured one, by connection. */
  senderNames: Schema.Record(Connection, SenderName)
})
export type Policy = typeof Policy.Type

/** What holds where neither network, branch nor channel says otherwise; explained in `docs/policies.md`. */
export const DEFAULT_POLICY: Policy = {
  reserveAt: "intake",
  unacceptedHoldMinutes: 120,
  operatorHoldMinutes: 24 * 60,
  bookingMinutes: 24 * 60,
  maxExtendMinutes: 72 * 60,
  acceptedDue: "person",
  shortageSettledBy: "operator",
  split: true,
  partialSale: false,
  confirmByScan: false,
  depthMargin: 2,
  addressPrecision: "number",
  nearestBy: "metres",
  detourFactor: 1.4,
  priceDiffers: "operator",
  unknownProduct: "operator",
  branchClosed: "operator",
  prescription: "pickupOnly",
  resendIsChange: false,
  phoneCountry: "KZ",
  notifyAt: ["reserved", "operator", "assembled", "expired", "cancelled"],
  quietHours: null,
  quietIgnoredBy: [],
  notifyBy: [{ kinds: ["push", "sms", "email"], mode: "first" }],
  messageGateways: [],
  failOverTries: 3,
  dailyPerAddress: null,
  dailyPerGateway: {},
  senderNames: {}
}

/** The policy in force: channel over branch over network over default (D31). */
export const resolvePolicy = (
  channel: Partial<Policy> | undefined,
  branch: Partial<Policy> | undefined,
  network: Partial<Policy> | undefined
): Policy => ({ ...DEFAULT_POLICY, ...network, ...branch, ...channel })
