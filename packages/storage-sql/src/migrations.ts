import { type Kysely, sql } from "kysely"
import { type Migration, Migrator } from "kysely/migration"
import type { SqlDialect } from "./dialect.ts"
import { customerEmail } from "./migrations/customer-email.ts"
import { exchangeLog } from "./migrations/exchange-log.ts"
import { geo } from "./migrations/geo.ts"
import { messageReports } from "./migrations/message-reports.ts"
import { messageRoutes } from "./migrations/message-routes.ts"
import { messages } from "./migrations/messages.ts"
import { laneQuotas } from "./migrations/lane-quotas.ts"
import { lanes } from "./migrations/lanes.ts"
import { optOuts } from "./migrations/opt-outs.ts"
import { ordersOut } from "./migrations/orders-out.ts"
import { productCard } from "./migrations/product-card.ts"
import { series } from "./migrations/series.ts"
import { runs } from "./migrations/runs.ts"
import { templateSubjects } from "./migrations/template-subjects.ts"
import { statementOrder } from "./migrations/statement-order.ts"
import { type Columns, index, table } from "./migrations/tables.ts"

/**
 * MariaDB keeps each table that it has made: a start that is cut off leaves some of them, and the next one goes on from
 * there (P10). So every step may find its work done.
 */
const initial = (dialect: SqlDialect): Migration => ({
  up: async (db: Kysely<unknown>) => {
    const t = (name: string, columns: Columns, key: ReadonlyArray<string> | "serial"): Promise<void> =>
      table(db, dialect, name, columns, key)
    await t("counters", { name: "code", value: "int" }, ["name"])
    await t("branches", { slot: "int", id: "key", data: "text" }, ["slot"])
    await index(db, "branches", ["id"], true)
    await t("channels", { id: "key", data: "text" }, ["id"])
    await t("policies", { scope: "code", scope_id: "key", data: "text" }, ["scope", "scope_id"])
    await t("api_keys", { hash: "code", channel_id: "key", role: "code", label: "key" }, ["hash"])
    await t("products", {
      slot: "int", id: "key", sku: "key?", name_ru: "text", name_kk: "text?", name_en: "text?", inn: "text?", atc: "text?",
      form: "text?", strength: "text?", maker: "text?", storage: "code", prescription: "int", weight_grams: "int?",
      family: "text?", shown: "int", confirmed: "int", stock_control: "int", stopped: "int", barcodes: "text",
      search: "text"
    }, ["slot"])
    await index(db, "products", ["id"], true)
    await index(db, "products", ["sku"])
    await t("product_barcodes", { barcode: "key", product: "int" }, ["barcode", "product"])
    await index(db, "product_barcodes", ["product"])
    await t("links", { connection: "code", kind: "code", external_id: "key", id: "key" }, ["connection", "kind", "external_id"])
    await t("stock_levels", { cell: "int", on_hand: "int", reserved: "int", as_of: "int" }, ["cell"])
    await t("stock_movements", {
      seq: "serial", cell: "int", quantity: "int", cause: "code", occurred_at: "int", recorded_at: "int", ref: "text"
    }, "serial")
    await index(db, "stock_movements", ["cell", "occurred_at"])
    await index(db, "stock_movements", ["occurred_at"])
    await t("price_types", { slot: "int", id: "key" }, ["slot"])
    await t("prices", { id: "int", amount: "int", as_of: "int" }, ["id"])
    await t("stated_times", { kind: "key", block: "int", width: "int", data: "blob" }, ["kind", "block"])
    await orderTables(db, t)
    await exchangeTables(db, t)
    await sql`insert into feed (id, last) select 1, 0 from (select 1) as one where not exists (select 1 from feed)`.execute(db)
    await sql`insert into counters (name, value) select name, value from (
      select 'order_number' as name, 1000 as value union all select 'network_version', 0 union all select 'product_slot', 0
    ) as first_values where not exists (select 1 from counters)`.execute(db)
  }
})

type Table = (name: string, columns: Columns, key: ReadonlyArray<string> | "serial") => Promise<void>

const orderTables = async (db: Kysely<unknown>, t: Table): Promise<void> => {
  await t("orders", {
    id: "code", number: "code", version: "int", channel_id: "key", external_id: "key", replaces: "code?", status: "code",
    created_at: "int", updated_at: "int", customer_name: "text", customer_phone: "code?", language: "code",
    delivery_type: "code", pickup_branch: "key?", address: "text?", lat: "real?", lon: "real?", payment_method: "code",
    payment_state: "code", currency: "code", comment: "text?", plan: "text?", request: "text", search: "text"
  }, ["id"])
  await index(db, "orders", ["number"], true)
  await index(db, "orders", ["channel_id", "external_id"], true)
  await index(db, "orders", ["status", "id"])
  await t("fulfilments", {
    id: "code", order_id: "code", part: "int", branch_id: "key?", status: "code", reservation_state: "code?",
    expires_at: "int?", sweep_at: "int?", accepted_at: "int?", deferred_until: "int?", expected_at: "int?",
    awaiting_from: "code?", delivered: "int", put_back: "code?", end_reason: "text?", note: "text?"
  }, ["id"])
  await index(db, "fulfilments", ["order_id", "part"], true)
  await index(db, "fulfilments", ["branch_id", "status", "order_id"])
  await index(db, "fulfilments", ["sweep_at"])
  await t("order_lines", {
    order_id: "code", line_id: "int", part: "int", position: "int", product_id: "key?", asked: "text", quantity: "int",
    held: "int", sold: "int", scanned: "int", tracked: "int", price: "int?", price_currency: "code?",
    channel_price: "int?", channel_currency: "code?"
  }, ["order_id", "line_id"])
  await index(db, "order_lines", ["product_id", "held"])
  await t("operator_cases", {
    order_id: "code", case_id: "int", part: "int", reason: "code", line_id: "int?", comment: "text?", opened_at: "int",
    closed_at: "int?"
  }, ["order_id", "case_id"])
  await t("sales", {
    source: "key", id: "key", branch_id: "key", occurred_at: "int", recorded_at: "int", order_id: "code?", data: "text"
  }, ["source", "id"])
  await t("idempotency_keys", {
    scope: "key", key_text: "key", fingerprint: "text", order_id: "code?", at: "int"
  }, ["scope", "key_text"])
}

const exchangeTables = async (db: Kysely<unknown>, t: Table): Promise<void> => {
  await t("feed", { id: "int", last: "int" }, ["id"])
  await t("events", {
    seq: "int", change_id: "code", origin: "code", at: "int", type: "code", order_id: "code?", fulfilment_id: "code?",
    branch_id: "key?", actor_kind: "code", actor_id: "key", data: "text", levels: "text?"
  }, ["seq"])
  await index(db, "events", ["order_id"])
  await index(db, "events", ["branch_id", "seq"])
  await index(db, "events", ["change_id"])
  await t("outbox", {
    seq: "serial", id: "key", lane: "code", method: "code", order_id: "code?", payload: "text", state: "code", ended: "int",
    attempts: "int", available_at: "int", leased_until: "int", token: "int", last_error: "text?", partner_ref: "key?",
    created_at: "int", ended_at: "int?"
  }, "serial")
  await index(db, "outbox", ["id"], true)
  await index(db, "outbox", ["lane", "ended", "available_at"])
  await index(db, "outbox", ["order_id", "lane", "ended"])
  await t("leases", { name: "code", owner: "code", expires_at: "int", token: "int" }, ["name"])
  await t("sync_runs", {
    id: "code", connection: "code", file: "text", state: "code", started_at: "int", finished_at: "int?", counts: "text",
    error: "text?", rejects: "text"
  }, ["id"])
  await t("sync_journal", {
    run_id: "code", part: "int", kind: "code", price_type: "key?", as_of: "int", data: "blob"
  }, ["run_id", "part"])
}

/** Brings a database to the newest schema; what is there already is left alone. */
export const migrate = async (db: Kysely<unknown>, dialect: SqlDialect): Promise<void> => {
  const migrator = new Migrator({
    db,
    // Areas that grow side by side number their steps apart; none needs another's.
    allowUnorderedMigrations: true,
    provider: {
      getMigrations: async () => ({
        "0001_initial": initial(dialect),
        "0002_runs": runs(dialect),
        "0003_orders_out": ordersOut(dialect),
        "0004_series": series(dialect),
        "0005_lanes": lanes(dialect),
        "0006_exchange_log": exchangeLog(dialect),
        "0007_messages": messages(dialect),
        "0008_geo": geo(dialect),
        "0009_message_reports": messageReports(dialect),
        "0010_opt_outs": optOuts(dialect),
        "0011_customer_email": customerEmail(dialect),
        "0012_product_card": productCard(dialect),
        "0013_message_routes": messageRoutes(dialect),
        "0014_template_subjects": templateSubjects(dialect),
        "0015_lane_quotas": laneQuotas(dialect),
        "0016_statement_order": statementOrder(dialect)
      })
    }
  })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
}
