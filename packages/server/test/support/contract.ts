import { Ajv2020 } from "ajv/dist/2020.js"

interface Media {
  readonly schema: object
}
interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>
}
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

const matches = (template: string, path: string): boolean => {
  const [wanted, given] = [template.split("/"), path.split("/")]
  return wanted.length === given.length && wanted.every((part, i) => part.startsWith("{") || part === given[i])
}

/** Checks responses against the API document: the status must be documented and the body must fit its schema. */
export const contract = (document: ApiDocument) => {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.addSchema({ $id: "api", components: document.components })
  const absolute = (schema: object): object =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/'))
  return async (method: string, path: string, response: Response): Promise<ReadonlyArray<string>> => {
    const [, operations] =
      Object.entries(document.paths).find(([template]) => matches(template, `/api/v1${path.split("?")[0]}`)) ?? []
    const described = operations?.[method.toLowerCase()]?.responses[String(response.status)]
    if (described === undefined) return [`${method} ${path}: ${response.status} is not documented`]
    const type = (response.headers.get("content-type") ?? "").split(";")[0]!
    const media = described.content?.[type]
    if (media === undefined) return [`${method} ${path}: ${response.status} as ${type} is not documented`]
    const validate = ajv.compile(absolute(media.schema))
    if (validate(await response.json())) return []
    return (validate.errors ?? []).map(
      (error) =>
        `${method} ${path} ${response.status}${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`
    )
  }
}
