import { Schema } from "effect"

const Id = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100))

/** UUIDv7 of an order. */
export const OrderId = Id.pipe(Schema.brand("OrderId"))
export type OrderId = typeof OrderId.Type

/** UUIDv7 of a fulfilment: the part of an order that one branch fulfils. */
export const FulfilmentId = Id.pipe(Schema.brand("FulfilmentId"))
export type FulfilmentId = typeof FulfilmentId.Type

/** A branch's code, chosen by the network or taken from its ERP. */
export const BranchId = Id.pipe(Schema.brand("BranchId"))
export type BranchId = typeof BranchId.Type

/** A product's id. A product of an ERP keeps one id for ever; its codes may change. */
export const ProductId = Id.pipe(Schema.brand("ProductId"))
export type ProductId = typeof ProductId.Type

/** A group of products: chosen by the network or taken from its ERP. */
export const ProductGroupId = Id.pipe(Schema.brand("ProductGroupId"))
export type ProductGroupId = typeof ProductGroupId.Type

/** With what its webhook's lane is called besides, it fits the database's codes. Characters. */
export const LONGEST_CHANNEL_ID = 90

/** A channel's code: `shop`, `app`, `phone`… */
export const ChannelId = Id.check(Schema.isMaxLength(LONGEST_CHANNEL_ID)).pipe(Schema.brand("ChannelId"))
export type ChannelId = typeof ChannelId.Type
