import type { Operation } from "../operation.ts"
import { caseOperations } from "./cases.ts"
import { catalogueOperations } from "./catalogue.ts"
import { eventOperations } from "./events.ts"
import { channelOperations } from "./channels.ts"
import { exchangeLogOperations } from "./exchange-log.ts"
import { exchangeOperations } from "./exchange.ts"
import { fulfilmentOperations } from "./fulfilments.ts"
import { messageOperations } from "./messages.ts"
import { networkOperations } from "./network.ts"
import { orderOperations } from "./orders.ts"
import { outboxOperations } from "./outbox.ts"
import { policyOperations } from "./policies.ts"
import { pushOperations } from "./push.ts"
import { saleOperations } from "./sales.ts"
import { stockOperations } from "./stock.ts"

/** Everything that the API can do. */
export const OPERATIONS: ReadonlyArray<Operation> = [
  ...orderOperations,
  ...caseOperations,
  ...fulfilmentOperations,
  ...saleOperations,
  ...catalogueOperations,
  ...stockOperations,
  ...networkOperations,
  ...policyOperations,
  ...channelOperations,
  ...messageOperations,
  ...pushOperations,
  ...exchangeOperations,
  ...exchangeLogOperations,
  ...outboxOperations,
  ...eventOperations
]
