import { groupFault, type GroupFault, type InboundHub, type ProductGroup, ProductGroupId } from "@aptekit/core"
import type { OneCConfig } from "../config.ts"
import type { GroupName, ReadResult, UsedGroup } from "../worker/protocol.ts"
import type { Memory } from "./memory.ts"
import type { Notes } from "./notes.ts"

const MAX_ID = 100
const MAX_NAME = 1000

const FAULTS: Readonly<Record<GroupFault, string>> = {
  cycle: "входит в собственную подгруппу: не принята. Исправьте вложенность в 1С.",
  tooDeep: "вложена слишком глубоко: не принята. Уменьшите число уровней в 1С.",
  tooMany: "лишняя, столько групп хаб не хранит: не принята. Уменьшите их число в 1С.",
  unknownParent: "входит в группу, которая не принята: не принята и она."
}

interface Item {
  readonly externalId: string
  readonly group: ProductGroup
}

const shortOf = (text: string): string => text.slice(0, 100)

/** What a group is called until its own file comes (3.1: goods may come before their classifier, fact 39). */
const placeholderName = (externalId: string): string => `Группа 1С ${externalId.slice(0, 8)}`

interface Parts {
  readonly config: OneCConfig
  readonly hub: InboundHub
  readonly connection: string
  readonly memory: Memory
  readonly notes: Notes
}

/** What a file says of the tree of groups, judged group by group: which are new or changed, and which cannot be taken. */
export class GroupPlan {
  readonly #parts: Parts
  readonly #links: Map<string, string>
  readonly #all: Map<string, ProductGroup>
  readonly #known: ReadonlyMap<string, ProductGroup>
  readonly #said = new Set<string>()
  readonly #refused = new Set<string>()
  readonly #fresh: Array<Item> = []
  readonly #changed: Array<Item> = []
  /** By the place among the groups that products name. */
  readonly #used: Array<ProductGroupId | undefined> = []

  private constructor(parts: Parts, groups: ReadonlyArray<ProductGroup>, links: ReadonlyMap<string, string>) {
    this.#parts = parts
    this.#links = new Map(links)
    this.#known = new Map(groups.map((group) => [group.id, group]))
    this.#all = new Map(this.#known)
  }

  static async of(parts: Parts, { groups, usedGroups }: Pick<ReadResult, "groups" | "usedGroups">): Promise<GroupPlan> {
    const { catalogue } = parts.hub
    const needed = groups.length > 0 || usedGroups.length > 0
    const plan = needed
      ? new GroupPlan(parts, await catalogue.groups.all(), await catalogue.groups.links())
      : new GroupPlan(parts, [], new Map())
    for (const group of groups) plan.#take(group)
    for (const used of usedGroups) {
      plan.#need(used)
      plan.#used.push(plan.#idOf(used.id))
    }
    return plan
  }

  /** The hub's id of a group by its place in `usedGroups`; undefined: it could not be taken. */
  used(place: number): ProductGroupId | undefined {
    return this.#used[place]
  }

  #idOf(externalId: string): ProductGroupId | undefined {
    const id = this.#links.get(externalId)
    return id !== undefined && this.#all.has(id) ? ProductGroupId.make(id) : undefined
  }

  /** How many known ones the file would change. */
  get changes(): number {
    return this.#changed.length
  }

  /** Before the products that name them. */
  async putNew(): Promise<void> {
    await this.#put(this.#fresh)
  }

  /** When the file has not been held: what was there has not changed before. */
  async putChanged(): Promise<void> {
    await this.#put(this.#changed)
  }

  async #put(items: ReadonlyArray<Item>): Promise<void> {
    if (items.length === 0) return
    const { hub, memory } = this.#parts
    const marked = items.filter(({ group }) => !group.shown)
    for (const { externalId } of marked) if (this.#said.has(externalId)) memory.deletedGroups.add(externalId)
    // A mark is remembered before it works: killed in between, its group could never come back.
    await memory.save()
    await hub.catalogue.groups.put(items)
    for (const { externalId, group } of items) if (group.shown) memory.deletedGroups.delete(externalId)
  }

  #take(said: GroupName): void {
    const { id: externalId, name, line } = said
    const refuse = (reason: string): void => {
      if (!this.#said.has(externalId)) this.#refused.add(externalId)
      this.#parts.notes.reject(line, `Группа «${shortOf(name ?? externalId)}» (${shortOf(externalId)}) ${reason}`)
    }
    const id = this.#links.get(externalId) ?? this.#freeId(externalId)
    if (id.length > MAX_ID) return refuse(`имеет Ид длиннее ${MAX_ID} символов: не принята.`)
    const old = this.#known.get(id)
    if (name === null && old === undefined) return refuse("без наименования: не принята. Заполните наименование в 1С.")
    if (said.parentId !== null && this.#refused.has(said.parentId)) return refuse(FAULTS.unknownParent)
    const group = this.#group(said, id, old)
    const fault = groupFault(group, this.#all)
    if (fault !== null) return refuse(FAULTS[fault])
    if (this.#said.has(externalId)) return refuse("названа в файле дважды: второе описание не учтено.")
    this.#said.add(externalId)
    this.#keep(externalId, group, old)
  }

  #group(said: GroupName, id: string, old: ProductGroup | undefined): ProductGroup {
    const parent = said.parentId === null ? null : ProductGroupId.make(this.#links.get(said.parentId) ?? said.parentId)
    const isOurs = old !== undefined && this.#parts.config.keep.includes("groups") && old.name.ru !== placeholderName(said.id)
    const ru = said.name?.slice(0, MAX_NAME) ?? old?.name.ru ?? ""
    const named = isOurs ? old : { name: old === undefined ? { ru, kk: null, en: null } : { ...old.name, ru }, parent }
    return { id: ProductGroupId.make(id), name: named.name, parent: named.parent, shown: this.#isShown(said, old) }
  }

  /** Only a group that 1C has hidden, or that waited for its name, does 1C show again (R5). */
  #isShown({ id, deleted }: GroupName, old: ProductGroup | undefined): boolean {
    if (deleted) return false
    return old === undefined || old.shown || this.#parts.memory.deletedGroups.has(id) || old.name.ru === placeholderName(id)
  }

  /** A group that products name and no file has described yet. */
  #need({ id: externalId, products, line }: UsedGroup): void {
    if (this.#idOf(externalId) !== undefined) return
    const { notes } = this.#parts
    const id = this.#links.get(externalId) ?? this.#freeId(externalId)
    const about = `Группа ${shortOf(externalId)}`
    if (this.#refused.has(externalId) || id.length > MAX_ID) return notes.remark(line, `${about} не принята: товаров без группы ${products}.`)
    const name = { ru: placeholderName(externalId), kk: null, en: null }
    const group: ProductGroup = { id: ProductGroupId.make(id), name, parent: null, shown: false }
    const fault = groupFault(group, this.#all)
    if (fault !== null) return notes.remark(line, `${about} ${FAULTS[fault]} Товаров без группы: ${products}.`)
    this.#keep(externalId, group, undefined)
    notes.remark(line, `${about} ещё не описана: создана скрытой, её покажет классификатор. Товаров: ${products}.`)
  }

  #keep(externalId: string, group: ProductGroup, old: ProductGroup | undefined): void {
    this.#all.set(group.id, group)
    this.#links.set(externalId, group.id)
    if (old === undefined) this.#fresh.push({ externalId, group })
    else if (JSON.stringify(old) !== JSON.stringify(group)) this.#changed.push({ externalId, group })
  }

  /** An id that another group has is left to it. */
  #freeId(externalId: string): string {
    return this.#all.has(externalId) ? `${this.#parts.connection}:${externalId}` : externalId
  }
}
