import { type GroupRefusal, groupRefusals } from "@aptekit/core/plain"
import { sql } from "kysely"
import type { Selectable } from "kysely"
import type { SqlDialect } from "../dialect.ts"
import { all, inPieces, inPiecesWith, one, param, type Program, raw, run, statement } from "../program.ts"
import { groupOf, type GroupRow } from "../groups.ts"
import { PRODUCT_COLUMNS } from "../product-columns.ts"
import type { Schema } from "../schema.ts"

export type ProductRow = Selectable<Schema["products"]>

/** Rows of one statement. */
const BATCH = 100

/**
 * One statement for many rows of so many values, which lie one behind the other, in as few pieces as may be; the text for
 * each number of rows is made once.
 */
const many = (width: number, before: string, row: string, after = "") => {
  const texts = new Map<number, string>()
  const textOf = (n: number): string => {
    let text = texts.get(n)
    if (text === undefined) texts.set(n, text = before + Array.from({ length: n }, () => row).join(", ") + after)
    return text
  }
  return function*(values: ReadonlyArray<unknown>): Program<void> {
    for (let i = 0; i < values.length; i += BATCH * width) {
      const piece = values.slice(i, i + BATCH * width)
      yield* raw("run", textOf(piece.length / width), piece)
    }
  }
}

const replaceMany = (table: string, columns: ReadonlyArray<string>) =>
  many(columns.length, `replace into ${table} (${columns.join(", ")}) values `, `(${columns.map(() => "?").join(", ")})`)

/** A description of the nth product of a write; null takes it away. */
export interface DescriptionRow {
  readonly n: number
  readonly texts: readonly [ru: string | null, kk: string | null, en: string | null] | null
}

export interface ProductsWrite {
  /** `productValues`. */
  readonly values: ReadonlyArray<unknown>
  readonly descriptions: ReadonlyArray<DescriptionRow>
}

/** Connection, kind, the partner's id and ours, of each link, one behind the other. */
export type LinkValues = ReadonlyArray<string>

const WIDTH = PRODUCT_COLUMNS.length
const [ID, BARCODES] = [PRODUCT_COLUMNS.indexOf("id"), PRODUCT_COLUMNS.indexOf("barcodes")]

export interface SearchArgs {
  /** Folded words, all of which must be there. */
  readonly words: ReadonlyArray<string>
  readonly limit: number
  readonly after: number
}

const escapeLike = (text: string): string => text.replace(/[!%_]/gu, (c) => `!${c}`)

export const catalogueOps = ({ db }: SqlDialect) => {
  const byIds = inPieces<ProductRow>((ids) => db.selectFrom("products").selectAll().where("id", "in", ids as Array<string>))
  const bySkus = inPieces<ProductRow>((skus) => db.selectFrom("products").selectAll().where("sku", "in", skus as Array<string>))
  const byBarcodes = inPieces<ProductRow>((codes) =>
    db.selectFrom("products").selectAll().where("slot", "in", (eb) =>
      eb.selectFrom("product_barcodes").select("product").where("barcode", "in", codes as Array<string>))
  )
  const takeSlots = statement(
    db.updateTable("counters").set((eb) => ({ value: eb("value", "+", param("count")) })).where("name", "=", "product_slot")
  )
  const slotsTaken = statement(db.selectFrom("counters").select("value").where("name", "=", "product_slot"))
  const slotsOf = inPieces<{ id: string; slot: number }>((ids) =>
    db.selectFrom("products").select(["id", "slot"]).where("id", "in", ids as Array<string>)
  )
  const dropBarcodes = many(1, "delete from product_barcodes where product in (", "?", ")")
  const putRows = replaceMany("products", PRODUCT_COLUMNS)
  const putBarcodes = replaceMany("product_barcodes", ["barcode", "product"])
  const putLinks = replaceMany("links", ["connection", "kind", "external_id", "id"])
  const dropTexts = many(1, "delete from product_descriptions where product in (", "?", ")")
  const putTexts = replaceMany("product_descriptions", ["product", "ru", "kk", "en"])
  const textsOf = inPieces<{ id: string; ru: string | null; kk: string | null; en: string | null }>((ids) =>
    db.selectFrom("product_descriptions as d").innerJoin("products as p", "p.slot", "d.product")
      .select(["p.id", "d.ru", "d.kk", "d.en"]).where("p.id", "in", ids as Array<string>))
  const allGroups = statement(db.selectFrom("product_groups").selectAll())
  const putGroupRows = replaceMany("product_groups", ["id", "name_ru", "name_kk", "name_en", "parent", "shown"])
  const allSlots = statement(db.selectFrom("products").select(["slot", "id"]))
  const links = statement(
    db.selectFrom("links").select(["external_id", "id"]).where("connection", "=", param("connection"))
      .where("kind", "=", param("kind")).where("external_id", ">", param("after"))
      .orderBy("external_id").limit(param("limit"))
  )
  const linksOf = inPiecesWith<{ external_id: string; id: string }>((ids) =>
    db.selectFrom("links").select(["external_id", "id"]).where("connection", "=", param("connection"))
      .where("kind", "=", param("kind")).where("id", "in", ids as Array<string>)
  )

  function* putDescriptions(
    descriptions: ReadonlyArray<DescriptionRow>, slots: ReadonlyArray<number>
  ): Program<void> {
    const [gone, there] = [[] as Array<number>, [] as Array<unknown>]
    for (const { n, texts } of descriptions) {
      if (texts === null) gone.push(slots[n]!)
      else there.push(slots[n], ...texts)
    }
    yield* dropTexts(gone)
    yield* putTexts(there)
  }

  /** Gives the slot of each product. A new one gets the next dense one. */
  function* putProducts({ values, descriptions }: ProductsWrite): Program<ReadonlyArray<number>> {
    // The counter is touched first, so that two savers wait for each other and no slot is given twice.
    yield* run(takeSlots, { count: 0 })
    const count = values.length / WIDTH
    const column = (at: number): ReadonlyArray<string> => Array.from({ length: count }, (_, i) => values[i * WIDTH + at] as string)
    const ids = column(ID)
    const there = yield* slotsOf(ids)
    const known = new Map(there.map((row) => [row.id, row.slot]))
    const first = (yield* one<{ value: number }>(slotsTaken))!.value
    let next = first
    const slots = ids.map((id) => {
      let slot = known.get(id)
      if (slot === undefined) known.set(id, slot = next++)
      return slot
    })
    yield* run(takeSlots, { count: next - first })
    const rows = [...values]
    for (const [i, slot] of slots.entries()) rows[i * WIDTH] = slot
    yield* putRows(rows)
    yield* dropBarcodes(there.map((row) => row.slot))
    const last = new Map(column(BARCODES).map((codes, i) => [slots[i]!, codes]))
    yield* putBarcodes([...last].flatMap(([slot, codes]) => (JSON.parse(codes) as Array<string>).flatMap((code) => [code, slot])))
    yield* putDescriptions(descriptions, slots)
    return slots
  }

  function* putLinkRows(values: LinkValues): Program<null> {
    yield* putLinks(values)
    return null
  }

  return {
    productsByIds: byIds,
    productsBySkus: bySkus,
    productsByBarcodes: byBarcodes,
    *productSlots(): Program<ReadonlyArray<{ slot: number; id: string }>> {
      return yield* all(allSlots)
    },
    putProducts,
    /** A piece of a longer write: on disk with its last piece, which is a `putProducts`. */
    putProductsPiece: putProducts,
    descriptionsOf: textsOf,
    *productGroups(): Program<ReadonlyArray<GroupRow>> {
      return yield* all(allGroups)
    },
    *putGroups(groups: ReadonlyArray<GroupRow>): Program<ReadonlyArray<GroupRefusal>> {
      // Two savers wait for each other here too: neither judges by a tree that the other changes.
      yield* run(takeSlots, { count: 0 })
      const known = (yield* all<GroupRow>(allGroups)).map(groupOf)
      const refusals = groupRefusals(known, groups.map(groupOf))
      if (refusals.length > 0) return refusals
      yield* putGroupRows(groups.flatMap((row) => [row.id, row.name_ru, row.name_kk, row.name_en, row.parent, row.shown]))
      return []
    },
    *searchProducts(args: SearchArgs): Program<ReadonlyArray<ProductRow>> {
      let query = db.selectFrom("products").selectAll().where("slot", ">", args.after)
      for (const word of args.words) {
        query = query.where(sql<boolean>`search like ${`%${escapeLike(word)}%`} escape '!'`)
      }
      const compiled = query.orderBy("slot").limit(args.limit + 1).compile()
      return (yield { kind: "all", sql: compiled.sql, values: compiled.parameters }).rows as unknown as ReadonlyArray<ProductRow>
    },
    *links([connection, kind, after, limit]: readonly [string, string, string, number]): Program<
      ReadonlyArray<{ external_id: string; id: string }>
    > {
      return yield* all(links, { connection, kind, after, limit })
    },
    *linksOf([connection, kind, ids]: readonly [string, string, ReadonlyArray<string>]): Program<
      ReadonlyArray<{ external_id: string; id: string }>
    > {
      return yield* linksOf(ids, { connection, kind })
    },
    putLinks: putLinkRows,
    /** A piece of a longer write: on disk with its last piece, which is a `putLinks`. */
    putLinksPiece: putLinkRows
  }
}
