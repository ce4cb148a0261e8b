import { BranchId, FulfilmentId, OrderId, ProductId } from "../../kernel/ids.ts"
import { HOUR } from "../../kernel/time.ts"
import type { Order } from "../../order/model.ts"
import { kzt, makeFulfilment, makeOrder, testUuid, TEST_NOW } from "../builders.ts"

const LINES = 200
const NORTH = BranchId.make("north")

/** An order with every field in use: two parts, 200 lines, plan, cases, all nulls that may be, all scripts. */
export const fullOrder = (): Order => {
  const first = makeFulfilment({ n: 77, status: "accepted" })
  const base = first.lines[0]!
  const lines = Array.from({ length: LINES }, (_, i) => ({
    ...base,
    lineId: i + 1,
    quantity: 3,
    held: i < 5 ? 1 : 0,
    sold: i === 7 ? 1 : 0,
    scanned: i % 3,
    productId: i === 9 ? null : base.productId,
    asked: i === 9 ? "Аспирин «Кардио» №28 ❤ \u{1F48A} \\ ' \" %_" : base.asked,
    tracked: i !== 11,
    price: i === 13 ? null : kzt(2_147_483_647 - i),
    channelPrice: i % 2 === 0 ? null : { amount: 9_007_199_254_740_991, currency: "USD" }
  }))
  return {
    ...makeOrder({ n: 77 }),
    externalId: " Ё-1/№ 'x' ",
    replaces: OrderId.make(testUuid(5)),
    customer: { name: "Ұлжан Әбдіқадырова-Ёлкина 😷", phone: null, email: "ұлжан.ё+1@пошта.kz", language: "kk" },
    delivery: {
      type: "courier",
      address: { text: "г. Алматы, пр. Аль-Фараби, 7\nподъезд 2", point: { lat: 43.2380001, lon: -76.9450009 } }
    },
    payment: { method: "online", state: "paid" },
    comment: "Позвонить \r\n\t за час; не звонить в «дверь» .",
    fulfilments: [
      {
        ...first,
        lines,
        reservation: { state: "live", expiresAt: TEST_NOW + HOUR },
        acceptedAt: TEST_NOW + 1,
        deferredUntil: TEST_NOW + 2,
        sweepAt: null
      },
      {
        ...makeFulfilment({ n: 77, status: "cancelled", lines: [{ product: "ibuprofen", quantity: 2, held: 0 }] }, 2),
        id: FulfilmentId.make(testUuid(2_000_000)),
        branchId: null,
        reservation: null,
        expectedAt: TEST_NOW + 3,
        awaitingFrom: "operator",
        delivered: true,
        putBack: "due",
        endReason: "customerAsks",
        note: "домофон не работает: позвонить"
      }
    ],
    cases: [
      { caseId: 1, part: 1, reason: "tooFew", lineId: 3, comment: "осталось 1", openedAt: 1, closedAt: TEST_NOW + 5, resolution: "снято: ё" },
      { caseId: 2, part: 2, reason: "customerAsks", lineId: null, comment: null, openedAt: TEST_NOW, closedAt: null, resolution: null },
      {
        caseId: 3, part: 1, reason: "addressUnclear", lineId: null, comment: null, openedAt: TEST_NOW, closedAt: null, resolution: null,
        candidates: [
          { address: "Алматы, пр. Аль-Фараби, 7 «Нұрлы Тау»", point: { lat: 43.2380001, lon: 76.9450009 }, precision: "exact" },
          { address: "Талғар, Аль-Фараби, 7", point: { lat: -43.3, lon: 77.2 }, precision: "near" }
        ]
      }
    ],
    plan: {
      policy: "nearest",
      outcome: "planned",
      reason: "fewestBranches",
      parts: [{ branchId: NORTH, lines: [{ lineId: 1, productId: ProductId.make("aspirin"), quantity: 3 }] }],
      tripMetres: 1234,
      considered: 17,
      tripSeconds: null,
      distances: "road (osrm), elsewhere great-circle × 1.4",
      branches: [
        { branchId: NORTH, verdict: "chosen", distance: null, seconds: 240, by: "road", linesPresent: 2, depth: null }
      ],
      notes: ["geocoder unavailable", "запасной путь"]
    },
    request: JSON.stringify({ comment: "ё", lines: [1, 2, 3] })
  }
}
