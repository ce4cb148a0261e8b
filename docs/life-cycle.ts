import { writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  allowedCommands,
  type CommandName,
  COMMANDS,
  FulfilmentStatus,
  isEnded,
  OPEN_STATUSES,
  transition
} from "@aptekit/core"

/** Where the page lies. `npm run docs` writes it; a test fails when it is not what the table says. */
export const LIFE_CYCLE_PAGE = join(import.meta.dirname, "life-cycle.md")

/** In a picture of their own: drawn with the others, nobody could follow a line. */
const WAYS_OUT: ReadonlyArray<CommandName> = ["escalate", "expire", "cancel", "sell"]

/** One command's arrows. Where the rule decides between several ends of several beginnings, a fork says so. */
const arrows = (command: CommandName): ReadonlyArray<string> => {
  const { from, to } = transition(command)
  if (to === "same") return []
  if (from.length === 1 || to.length === 1) {
    return from.flatMap((start) => to.map((end) => `    ${start} --> ${end}: ${command}`))
  }
  return [
    `    state ${command}_ends <<choice>>`,
    ...from.map((start) => `    ${start} --> ${command}_ends: ${command}`),
    ...to.map((end) => `    ${command}_ends --> ${end}`)
  ]
}

const diagram = (commands: ReadonlyArray<CommandName>, edges: ReadonlyArray<string> = []): string =>
  ["```mermaid", "stateDiagram-v2", "    direction LR", ...edges, ...commands.flatMap(arrows), "```"].join("\n")

const cells = (...values: ReadonlyArray<string>): string => `| ${values.join(" | ")} |`

const commandRow = (command: CommandName): string => {
  const { from, to, by, fact, title } = transition(command)
  const ends = to === "same" ? "stays" : to.join(", ")
  return cells(`\`${command}\`${fact === true ? " (fact)" : ""}`, from.join(", "), ends, by.join(", "), title.ru, title.en)
}

const statusRow = (status: FulfilmentStatus): string => {
  const place = OPEN_STATUSES.indexOf(status)
  return cells(`\`${status}\``, place < 0 ? "–" : `${place + 1}`, allowedCommands(status).map((name) => `\`${name}\``).join(" ") || "–")
}

export const lifeCyclePage = (): string => {
  const road = COMMANDS.filter((command) => !WAYS_OUT.includes(command))
  const ended = FulfilmentStatus.literals.filter(isEnded).map((status) => `    ${status} --> [*]`)
  return `<!-- Made by \`npm run docs\` from TRANSITIONS in packages/core/src/order/life.ts. Do not edit. -->
# The life of a fulfilment

A fulfilment is the part of an order that one branch fulfils. The table below is data in the code (\`TRANSITIONS\`): the
routes of the API, the commands it offers and this page are made from it. What a command needs besides the right state
(stock, a living reservation, the branch's policy) is in \`packages/core/src/order/rules.ts\`.

## The road

${diagram(road, ["    [*] --> placed"])}

## The ways out

A fork means that the rule decides, by the state it started from and by policy. A *fact* has happened already: it is
applied as far as the table allows, and otherwise recorded with a case for the operators.

${diagram(WAYS_OUT, ended)}

## Every command

${cells("command", "from", "to", "by", "ru", "en")}
|---|---|---|---|---|---|
${COMMANDS.map(commandRow).join("\n")}

## Every state, and what may be asked of it

The order's own status is that of its least advanced open part: the lowest number in the second column. When no part is
open it is \`closed\` if any part is, else \`expired\` if any is, else \`cancelled\`. Facts and the commands of the system
alone are left out.

${cells("state", "rank", "commands")}
|---|---|---|
${FulfilmentStatus.literals.map(statusRow).join("\n")}
`
}

if (import.meta.main) writeFileSync(LIFE_CYCLE_PAGE, lifeCyclePage())
