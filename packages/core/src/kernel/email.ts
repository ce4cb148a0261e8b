import { Schema } from "effect"

/** Longer ones are valid and never seen; the storage keeps addresses in keys of 191. */
const LONGEST = 160

/** No quoted names and no literal addresses: nobody has one, and each is a way into a header. Letters may be of any script. */
const FORM = /^[^\s@"(),:;<>[\\\]\p{C}]{1,64}@(?:[\p{L}\d](?:[\p{L}\d-]{0,61}[\p{L}\d])?\.)+[\p{L}\d][\p{L}\d-]{0,61}\p{L}$/u

/** An e-mail address in lower case, or null where it is none. */
export const normaliseEmail = (raw: string): string | null => {
  const email = raw.trim().toLowerCase()
  return email.length <= LONGEST && FORM.test(email) && !email.includes("..") ? email : null
}

/** An e-mail address in any case, as a caller writes it. */
export const Email = Schema.String.check(
  Schema.isMaxLength(2 * LONGEST),
  Schema.makeFilter((text: string) => normaliseEmail(text) !== null || `an e-mail address of at most ${LONGEST} characters`)
)
