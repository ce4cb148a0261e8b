import type { SqlDialect } from "../dialect.ts"
import { all, one, param, type Program, run, statement } from "../program.ts"

type TemplateRow = {
  readonly language: string
  readonly notice: string
  readonly text: string | null
  readonly subject: string | null
}

export interface SettingsRows {
  readonly branches: ReadonlyArray<{ slot: number; id: string; data: string }>
  readonly channels: ReadonlyArray<{ data: string }>
  readonly policies: ReadonlyArray<{ scope: string; scope_id: string; data: string }>
  readonly keys: ReadonlyArray<{ hash: string; channel_id: string; role: string; label: string }>
  readonly templates: ReadonlyArray<TemplateRow>
  readonly version: number
}

export interface SaveSettings {
  readonly branches: ReadonlyArray<{ id: string; data: string }>
  readonly channels: ReadonlyArray<{ id: string; data: string }>
  readonly policies: ReadonlyArray<{ scope: string; scopeId: string; data: string }>
  readonly keys: ReadonlyArray<{ hash: string; channelId: string; role: string; label: string }>
  readonly templates: ReadonlyArray<TemplateRow>
}

export const networkOps = ({ db }: SqlDialect) => {
  const branches = statement(db.selectFrom("branches").selectAll().orderBy("slot"))
  const channels = statement(db.selectFrom("channels").select("data").orderBy("id"))
  const policies = statement(db.selectFrom("policies").selectAll())
  const keys = statement(db.selectFrom("api_keys").selectAll())
  const templates = statement(db.selectFrom("message_templates").selectAll())
  const version = statement(db.selectFrom("counters").select("value").where("name", "=", param("name")))
  const bump = statement(
    db.updateTable("counters").set((eb) => ({ value: eb("value", "+", param("by")) })).where("name", "=", param("name"))
  )
  const slotOf = statement(db.selectFrom("branches").select("slot").where("id", "=", param("id")))
  const highest = statement(db.selectFrom("branches").select((eb) => eb.fn.max("slot").as("slot")))
  const putBranch = statement(db.replaceInto("branches").values({ slot: param("slot"), id: param("id"), data: param("data") }))
  const putChannel = statement(db.replaceInto("channels").values({ id: param("id"), data: param("data") }))
  const putPolicy = statement(
    db.replaceInto("policies").values({ scope: param("scope"), scope_id: param("scopeId"), data: param("data") })
  )
  const putKey = statement(
    db.replaceInto("api_keys").values({
      hash: param("hash"),
      channel_id: param("channelId"),
      role: param("role"),
      label: param("label")
    })
  )
  const putTemplate = statement(
    db.replaceInto("message_templates").values({
      language: param("language"),
      notice: param("notice"),
      text: param("text"),
      subject: param("subject")
    })
  )
  const counter = (name: string): Program<{ value: number } | null> => one(version, { name })

  return {
    *settings(): Program<SettingsRows> {
      // The number first: what another saves meanwhile is read under the old one, and so read again.
      const number = (yield* counter("network_version"))?.value ?? 0
      return {
        branches: yield* all(branches),
        channels: yield* all(channels),
        policies: yield* all(policies),
        keys: yield* all(keys),
        templates: yield* all(templates),
        version: number
      }
    },
    *saveSettings(rows: SaveSettings): Program<null> {
      // The counter is taken first: it makes two savers wait for each other, so slots stay dense.
      yield* run(bump, { name: "network_version", by: 1 })
      let next = ((yield* one<{ slot: number | null }>(highest))?.slot ?? -1) + 1
      for (const branch of rows.branches) {
        const known = yield* one<{ slot: number }>(slotOf, { id: branch.id })
        yield* run(putBranch, { ...branch, slot: known?.slot ?? next++ })
      }
      for (const channel of rows.channels) yield* run(putChannel, channel)
      for (const policy of rows.policies) yield* run(putPolicy, policy)
      for (const key of rows.keys) yield* run(putKey, key)
      for (const template of rows.templates) yield* run(putTemplate, template)
      return null
    },
    /** The first number of a block that is now the caller's (D14). */
    *takeNumbers(count: number): Program<number> {
      yield* run(bump, { name: "order_number", by: count })
      return (yield* counter("order_number"))!.value - count
    }
  }
}
