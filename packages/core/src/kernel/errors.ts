import { Schema } from "effect"

/** A line of input that cannot be taken, and why. Never echoes the value: it may be personal. */
export const InputIssue = Schema.Struct({ path: Schema.String, message: Schema.String })
export type InputIssue = typeof InputIssue.Type

/** The request itself is wrong (422): nothing was changed; `issues` say where and what to do. */
export class InvalidInput extends Schema.TaggedError<InvalidInput>()("InvalidInput", {
  message: Schema.String,
  issues: Schema.Array(InputIssue)
}) {}

/** What was named does not exist, or is not the caller's to see (404). */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  message: Schema.String,
  what: Schema.String,
  id: Schema.String
}) {
  static of(what: string, id: string): NotFound {
    return new NotFound({ what, id, message: `No ${what} ${id}. Check the id, and that this key may see it.` })
  }
}

/**
 * The life cycle forbids the command now (409, ORD-9): names the state and what is allowed in it.
 * `code` is stable for programs; `message` is for people.
 */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  message: Schema.String,
  code: Schema.String,
  command: Schema.String,
  state: Schema.String,
  allowed: Schema.Array(Schema.String),
  lines: Schema.optionalKey(
    Schema.Array(Schema.Struct({ lineId: Schema.Int, wanted: Schema.Int, available: Schema.Int }))
  )
}) {}

/** The same key came before with other contents (409, P2). `fields` are names, never values (D15). */
export class KeyConflict extends Schema.TaggedError<KeyConflict>()("KeyConflict", {
  message: Schema.String,
  fields: Schema.Array(Schema.String)
}) {}
