import type { TemplateView, TextPreview } from "@aptekit/core"
import { expect, test } from "vitest"
import { problem, useServer } from "./support/server.ts"

const { call } = await useServer()

const listed = async (): Promise<ReadonlyArray<TemplateView>> =>
  ((await (await call("operator", "GET", "/templates")).json()) as { items: ReadonlyArray<TemplateView> }).items

test("R-SMS-1: texts are listed in every language, changed, previewed and taken back", async () => {
  expect((await listed()).every(({ standard }) => standard)).toBe(true)
  const text = "Ваш заказ {number}: {lines, plural, one {# товар} few {# товара} many {# товаров} other {# товара}}"
  const wanted = { notice: "closed", language: "ru" }
  const shown = await call("operator", "POST", "/templates/preview", { ...wanted, text })
  const preview = (await shown.json()) as TextPreview
  expect(preview).toEqual({ text: "Ваш заказ 10001: 2 товара", characters: 25, encoding: "ucs2", segments: 1 })
  const put = await call("admin", "PUT", "/templates", { templates: [{ ...wanted, text }] })
  expect(put.status).toBe(200)
  const own = (await listed()).filter(({ standard }) => !standard)
  expect(own).toMatchObject([{ ...wanted, text, standard: false, preview }])
  await call("admin", "PUT", "/templates", { templates: [{ ...wanted, text: null }] })
  expect((await listed()).every(({ standard }) => standard)).toBe(true)
})

test("R-SMS-2: subjects are listed, changed beside their text or with it, and taken back", async () => {
  const subjectOf = async () => (await listed()).find(({ notice, language }) => notice === "closed" && language === "en")?.subject
  const put = (over: object) => call("admin", "PUT", "/templates", { templates: [{ notice: "closed", language: "en", text: null, ...over }] })
  expect(await subjectOf()).toEqual({ text: "Order {number} is handed over", standard: true, preview: "Order 10001 is handed over" })
  await put({ subject: "Bye {number}" })
  expect(await subjectOf()).toEqual({ text: "Bye {number}", standard: false, preview: "Bye 10001" })
  await put({ text: "Thank you" })
  expect((await subjectOf())?.text).toBe("Bye {number}")
  const refused = await put({ subject: "{phone}" })
  expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining("templates[0].subject") as string])
  await put({ subject: null })
  expect((await subjectOf())?.standard).toBe(true)
})

test("R-SMS-1: a text that cannot be used is refused with its place, and none of its request is saved", async () => {
  const good = { notice: "closed", language: "en", text: "Bye {number}" }
  const bad = { notice: "closed", language: "ru", text: "{phone}" }
  const put = await call("admin", "PUT", "/templates", { templates: [good, bad] })
  const refused = await problem(put)
  expect(put.status).toBe(422)
  expect(JSON.stringify(refused)).toContain("templates[1].text")
  expect((await listed()).every(({ standard }) => standard)).toBe(true)
  expect((await call("operator", "POST", "/templates/preview", bad)).status).toBe(422)
  expect((await call("operator", "PUT", "/templates", { templates: [good] })).status).toBe(403)
})
