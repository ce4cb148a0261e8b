import { Effect, Result, Schema, SchemaIssue } from "effect"
import { InvalidInput, type InputIssue } from "./errors.ts"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** `lines[0].quantity` from ["lines", 0, "quantity"]. */
const pathOf = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined): string =>
  (path ?? []).map((step) => (typeof step === "object" ? step.key : step))
    .reduce<string>((text, step) => typeof step === "number" ? `${text}[${step}]` : text === "" ? String(step) : `${text}.${String(step)}`, "")

/** What of an input is wrong, by path; never the value itself, which may be personal. */
export const issuesOf = (error: Schema.SchemaError): ReadonlyArray<InputIssue> =>
  format(error.issue).issues.slice(0, 50).map((issue) => ({ path: pathOf(issue.path), message: issue.message }))

/**
 * Decodes input from outside, strictly: an unknown field is an error, because a misspelt `coment` must not be lost
 * in silence. Fails with what is wrong and where.
 */
export const decodeInput = <S extends Schema.Codec<unknown, unknown, never, never>>(schema: S) => {
  const decode = Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })
  return (input: unknown): Effect.Effect<S["Type"], InvalidInput> => {
    const result = decode(input)
    if (Result.isSuccess(result)) return Effect.succeed(result.success)
    const issues = issuesOf(result.failure)
    const first = issues[0]
    return Effect.fail(
      new InvalidInput({
        issues,
        message: first === undefined ? "Bad input." : `Bad input: ${first.path || "body"}: ${first.message}`
      })
    )
  }
}
