import { type AnyCodec, COMMANDS, transition } from "@aptekit/core"
import { JsonSchema, Schema } from "effect"
import { Hono } from "hono"
import { describeRoute, type DescribeRouteOptions, generateSpecs, loadVendor, resolver } from "hono-openapi"
import { rolesOf } from "./access.ts"
import type { Answer, Operation } from "./operation.ts"
import { Problem, type ProblemCode, PROBLEM_TYPE, PROBLEMS } from "./problems.ts"

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * What Effect's generator leaves loose: objects take no other fields (input is checked strictly, output is exact),
 * and "at least one item" is a number, not a second schema.
 */
const tighten = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(tighten)
  if (!isObject(value)) return value
  const { prefixItems, ...rest } = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, tighten(inner)])
  )
  const closed = isObject(rest["properties"]) ? { ...rest, additionalProperties: false } : rest
  const oneKind = Array.isArray(prefixItems) && prefixItems.length === 1 && closed["items"] !== undefined
  return prefixItems === undefined || oneKind ? closed : { ...closed, prefixItems }
}

/** `make`, which is asked once per value: a few schemas stand at every operation, and reading one costs milliseconds. */
const keeping = <A, B>(make: (of: A) => B): ((of: A) => B) => {
  const made = new Map<A, B>()
  return (of) => {
    const result = made.has(of) ? made.get(of)! : make(of)
    made.set(of, result)
    return result
  }
}

interface ApiSchema {
  readonly schema: unknown
  readonly definitions: Json
}

const apiSchema = keeping((schema: AnyCodec): ApiSchema => {
  const document = Schema.toJsonSchemaDocument(schema)
  const { schemas, definitions } = JsonSchema.toMultiDocumentOpenApi3_1({
    dialect: document.dialect,
    schemas: [document.schema],
    definitions: document.definitions
  })
  return { schema: tighten(schemas[0]), definitions: tighten(definitions) as Json }
})

/** hono-openapi 1.3 knows Effect 3 only; this is how it reads schemas of Effect 4. */
const teachEffect = (): void =>
  loadVendor("effect", {
    toJSONSchema: (schema: unknown) => {
      const document = Schema.toJsonSchemaDocument(schema as AnyCodec)
      return tighten({ ...document.schema, $defs: document.definitions }) as never
    },
    toOpenAPISchema: (schema: unknown, context: { components: { schemas?: Record<string, unknown> } }) => {
      const { schema: own, definitions } = apiSchema(schema as AnyCodec)
      context.components.schemas = { ...context.components.schemas, ...definitions }
      return own as never
    }
  })

// Kept: each call makes another object, which `apiSchema` would not know.
const reference = keeping((schema: AnyCodec) => resolver(Schema.toStandardSchemaV1(schema)))

/** Every operation may answer with these. */
const COMMON: ReadonlyArray<ProblemCode> = [
  "unauthorized",
  "forbidden",
  "tooManyRequests",
  "internal",
  "storageUnavailable"
]

const headersOf = (headers: Readonly<Record<string, string>> | undefined) =>
  headers === undefined
    ? {}
    : {
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, description]) => [
            name,
            { description, schema: { type: "string" as const } }
          ])
        )
      }

const answerOf = ({ description, schema, headers }: Answer) => ({
  description,
  ...headersOf(headers),
  content:
    schema === undefined
      ? { "text/event-stream": { schema: { type: "string" as const } } }
      : { "application/json": { schema: reference(schema) } }
})

const problemsOf = (operation: Operation) => {
  const codes = [...operation.problems, ...COMMON]
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code][0]))].sort((a, b) => a - b)
  return statuses.map((status) => {
    const same = codes.filter((code) => PROBLEMS[code][0] === status)
    const description = same.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}.`).join(" ")
    return [status, { description, content: { [PROBLEM_TYPE]: { schema: reference(Problem) } } }] as const
  })
}

const describe = (operation: Operation): DescribeRouteOptions => ({
  operationId: operation.id,
  tags: [operation.tag],
  summary: operation.summary,
  description: `${operation.description ?? ""}\n\nFor keys of the roles: ${rolesOf(operation.id).join(", ")}.`.trim(),
  parameters: (operation.parameters ?? []) as never,
  ...(operation.body === undefined
    ? {}
    : {
        requestBody: {
          required: operation.body.required,
          content: {
            "application/json": {
              schema: reference(operation.body.schema),
              ...(operation.body.example === undefined ? {} : { example: operation.body.example })
            }
          }
        }
      }),
  responses: {
    ...Object.fromEntries(Object.entries(operation.answers).map(([status, answer]) => [status, answerOf(answer)])),
    ...Object.fromEntries(problemsOf(operation))
  }
})

const TAGS: Readonly<Record<Operation["tag"], string>> = {
  orders: "Orders: taking them in, reading them, cancelling them.",
  fulfilments: "Parts of orders: one operation per transition of their life.",
  sales: "Sales of the cash registers.",
  catalogue: "Products.",
  stock: "Live stock and prices.",
  network: "Branches.",
  messages: "What buyers are told.",
  exchange: "Exchange with other systems.",
  events: "What happens, live."
}

/** The table of transitions in words, for readers of the document. */
const lifeTable = (): string => {
  const rows = COMMANDS.map((name) => {
    const { from, to } = transition(name)
    return `| ${name} | ${from.join(", ")} | ${to === "same" ? "same" : to.join(", ")} |`
  })
  return ["| command | from | to |", "|---|---|---|", ...rows].join("\n")
}

const INTRODUCTION = `Orders of a pharmacy or retail network, from channel to cash register.

- Send \`Authorization: Bearer <key>\`; one key belongs to one channel and has one role.
- Money is an integer of minor units with its currency; times are ISO 8601 with a zone; unknown fields are refused.
- Failures are RFC 9457 problems with a stable \`code\`; they never repeat what was sent.

The life of a fulfilment:

`

/** The OpenAPI 3.1 document, made from the same table as the routes. */
export const openApiDocument = async (operations: ReadonlyArray<Operation>, version: string): Promise<Json> => {
  teachEffect()
  // An app of its own: describing routes costs the served ones nothing.
  const shadow = new Hono()
  for (const operation of operations) {
    shadow[operation.method](`/api/v1${operation.path}`, describeRoute(describe(operation)), (c) => c.body(null))
  }
  const document = await generateSpecs(shadow, {
    documentation: {
      openapi: "3.1.0",
      info: {
        title: "Aptekit",
        version,
        description: INTRODUCTION + lifeTable(),
        license: { name: "MIT", identifier: "MIT" }
      },
      servers: [{ url: "/", description: "This server" }],
      security: [{ key: [] }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          key: { type: "http", scheme: "bearer", description: "A key of this network. Only its SHA-256 is kept." }
        }
      }
    }
  })
  return JSON.parse(JSON.stringify(document)) as Json
}
