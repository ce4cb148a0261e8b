import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NO_COUNTS, Schema, type SyncRun } from "@aptekit/core"
import { expect, onTestFinished, test, vi } from "vitest"
import { OneCConfig } from "../../src/config.ts"
import type { ImportFile } from "../../src/import/importer.ts"
import { Jobs } from "../../src/import/jobs.ts"
import { Sessions } from "../../src/spool/sessions.ts"
import type { Session } from "../../src/spool/session.ts"

const CONFIG = Schema.decodeUnknownSync(OneCConfig)({ login: "1c", password: "long enough", zone: "Asia/Almaty", pollDelayMs: 0 })
const START = Date.parse("2026-11-20T04:00:00Z")
const MINUTE = 60_000

interface World {
  readonly sessions: Sessions
  readonly jobs: Jobs
  /** What was imported: content, and minutes from START at which its exchange began. */
  readonly imported: Array<readonly [string, number]>
  /** Lets the import that waits in the importer end. */
  readonly letGo: () => void
}

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-jobs-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The spool of a connection with an importer that notes what it gets; imports of `slow` content wait until they are let go. */
const openSpool = async (folder: string, slow: (content: string) => boolean = () => false): Promise<World> => {
  const imported: World["imported"] = []
  let letGo = (): void => undefined
  const gate = new Promise<void>((resolve) => void (letGo = resolve))
  const run = async ({ name, path, sessionStartedAt }: ImportFile): Promise<SyncRun> => {
    const content = readFileSync(path, "utf8")
    imported.push([content, (sessionStartedAt - START) / MINUTE])
    if (slow(content)) await gate
    return { id: "run", file: name, counts: NO_COUNTS } as SyncRun
  }
  const jobs = new Jobs({ run }, () => undefined, CONFIG)
  return { sessions: await Sessions.open(folder), jobs, imported, letGo: () => letGo() }
}

const setClock = (minutes: number): void => void vi.setSystemTime(START + minutes * MINUTE)
const stopClock = (): void => {
  vi.useFakeTimers({ toFake: ["Date"] })
  onTestFinished(() => void vi.useRealTimers())
  setClock(0)
}

const upload = (session: Session, name: string, content: string): Promise<void> =>
  session.append(name, new Blob([content]).stream(), null, 1_000)

const all = (): boolean => true

const ended = async (jobs: Jobs, session: Session, name: string): Promise<string> => {
  for (;;) {
    const { kind } = await jobs.ask(session, name)
    if (kind !== "progress") return kind
  }
}

test("R-STK-3: D2: imports that wait when 1C begins anew keep the time of their own exchange, after a restart too", async () => {
  stopClock()
  const folder = newFolder()
  const { sessions, jobs, imported, letGo } = await openSpool(folder, all)
  const { session } = await sessions.create()
  for (const name of ["1.xml", "2.xml"]) {
    await upload(session, name, name)
    expect((await jobs.ask(session, name)).kind).toBe("progress")
  }
  setClock(20)
  await session.init()
  await upload(session, "3.xml", "3.xml")
  await jobs.ask(session, "3.xml")
  // The hub dies: nothing of it ends.
  const after = await openSpool(folder)
  after.jobs.resume(after.sessions.all())
  expect(await ended(after.jobs, after.sessions.all()[0]!, "3.xml")).toBe("success")
  expect(after.imported).toEqual([["1.xml", 0], ["2.xml", 0], ["3.xml", 20]])
  letGo()
  await ended(jobs, session, "3.xml")
  expect(imported).toEqual(after.imported)
})

test("R-STK-1: what a hub of before wrote in the journal goes on, as of its session", async () => {
  stopClock()
  const folder = newFolder()
  const home = join(folder, "sessions", `${START.toString(36).padStart(9, "0")}-0123456789ab`)
  mkdirSync(home, { recursive: true })
  const piece = { t: "piece", name: "1.xml", disk: "u1", offset: 0, length: 3, sha256: "0f" }
  const lines = [
    { t: "open", token: "t", startedAt: START },
    { t: "init" },
    piece,
    { t: "asked", name: "1.xml", at: START + 1, sources: [{ name: "1.xml", disk: "u1" }] },
    { t: "done", name: "1.xml", at: START + 1, sha256: "99" },
    { ...piece, disk: "u2", sha256: "1f" },
    { t: "asked", name: "1.xml", at: START + 2, sources: [{ name: "1.xml", disk: "u2" }] }
  ]
  writeFileSync(join(home, "journal.jsonl"), lines.map((line) => `\n${JSON.stringify(line)}\n`).join(""))
  for (const disk of ["u1", "u2"]) writeFileSync(join(home, disk), `<${disk.at(1)}>`)
  setClock(5)
  const { sessions, jobs, imported } = await openSpool(folder)
  jobs.resume(sessions.all())
  const [session] = sessions.all()
  expect(await ended(jobs, session!, "1.xml")).toBe("success")
  expect(imported).toEqual([["<2>", 0]])
})

/** Everything that was asked for before has ended. */
const settled = (jobs: Jobs): Promise<void> => jobs.inTurn(async () => undefined)

test("R-STK-1: a file sent again under its name while its import waits is imported too", async () => {
  const { sessions, jobs, imported, letGo } = await openSpool(newFolder(), all)
  const { session } = await sessions.create()
  await upload(session, "0.xml", "first of all")
  await jobs.ask(session, "0.xml")
  await upload(session, "1.xml", "old")
  expect((await jobs.ask(session, "1.xml")).kind).toBe("progress")
  await upload(session, "1.xml", "new")
  letGo()
  await settled(jobs)
  expect(await ended(jobs, session, "1.xml")).toBe("success")
  expect(imported.map(([content]) => content)).toEqual(["first of all", "old", "new"])
})

test("R-STK-1: what was imported, replaced and sent once more before the other one's import ended is imported again", async () => {
  const { sessions, jobs, imported, letGo } = await openSpool(newFolder(), (content) => content === "B")
  const { session } = await sessions.create()
  await upload(session, "1.xml", "A")
  expect(await ended(jobs, session, "1.xml")).toBe("success")
  for (const content of ["B", "A"]) {
    await upload(session, "1.xml", content)
    expect((await jobs.ask(session, "1.xml")).kind).toBe("progress")
  }
  letGo()
  expect(await ended(jobs, session, "1.xml")).toBe("success")
  expect(imported.map(([content]) => content)).toEqual(["A", "B", "A"])
})

test("R-STK-1: a hub that is killed goes on with both imports of one name that were asked for", async () => {
  const folder = newFolder()
  const { sessions, jobs } = await openSpool(folder, all)
  const { session } = await sessions.create()
  for (const content of ["older goods", "newer goods"]) {
    await upload(session, "1.xml", content)
    expect((await jobs.ask(session, "1.xml")).kind).toBe("progress")
  }
  const after = await openSpool(folder)
  after.jobs.resume(after.sessions.all())
  expect(await ended(after.jobs, after.sessions.all()[0]!, "1.xml")).toBe("success")
  expect(after.imported.map(([content]) => content)).toEqual(["older goods", "newer goods"])
})

test("R-STK-1: after a restart imports of several sessions go on in the order in which they were asked for", async () => {
  const folder = newFolder()
  const { sessions, jobs } = await openSpool(folder, all)
  const [older, newer] = [(await sessions.create()).session, (await sessions.create()).session]
  for (const [session, name] of [[older, "0.xml"], [newer, "1.xml"], [older, "2.xml"]] as const) {
    await upload(session, name, name)
    await jobs.ask(session, name)
  }
  const after = await openSpool(folder)
  after.jobs.resume(after.sessions.all())
  expect(await ended(after.jobs, after.sessions.all()[0]!, "2.xml")).toBe("success")
  expect(after.imported.map(([content]) => content)).toEqual(["0.xml", "1.xml", "2.xml"])
})

test("R-STK-1: a question that comes before a restarted hub went on with its imports joins them", async () => {
  const folder = newFolder()
  const before = await openSpool(folder, all)
  const { session } = await before.sessions.create()
  await upload(session, "1.xml", "A")
  await before.jobs.ask(session, "1.xml")
  const after = await openSpool(folder)
  const [same] = after.sessions.all()
  await after.jobs.ask(same!, "1.xml")
  after.jobs.resume(after.sessions.all())
  await settled(after.jobs)
  expect(after.imported).toHaveLength(1)
})

test("R-STK-1: a question starts what it asks for, and nothing else that a restarted hub has yet to go on with", async () => {
  const folder = newFolder()
  const before = await openSpool(folder, all)
  const { session } = await before.sessions.create()
  for (const name of ["1.xml", "2.xml"]) {
    await upload(session, name, name)
    await before.jobs.ask(session, name)
  }
  const after = await openSpool(folder)
  const [same] = after.sessions.all()
  expect(await ended(after.jobs, same!, "2.xml")).toBe("success")
  expect(after.imported.map(([content]) => content)).toEqual(["2.xml"])
  after.jobs.resume(after.sessions.all())
  await settled(after.jobs)
  expect(after.imported.map(([content]) => content)).toEqual(["2.xml", "1.xml"])
})
