import { createPublicKey, verify } from "node:crypto"

export type VapidAnswer = "right" | "wrong token" | "another key"

const DAY = 24 * 3600

const jsonIn = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>

const isSigned = (token: string, key: string): boolean => {
  const point = Buffer.from(key, "base64url")
  const [x, y] = [point.subarray(1, 33).toString("base64url"), point.subarray(33).toString("base64url")]
  const publicKey = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" })
  const [head = "", claims = "", signature = ""] = token.split(".")
  return verify("sha256", Buffer.from(`${head}.${claims}`), { key: publicKey, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"))
}

/** Is this header the word of who holds the private key, for this service, and not too old or too long? RFC 8292. */
export const checkVapid = (header: string | null, origin: string, publicKey: string): VapidAnswer => {
  const { t: token, k: key } = /^vapid t=(?<t>[\w.-]+), ?k=(?<k>[\w-]+)$/u.exec(header ?? "")?.groups ?? {}
  if (token === undefined || key === undefined) return "wrong token"
  if (key !== publicKey) return "another key"
  const [head = "", claims = ""] = token.split(".")
  const { alg } = jsonIn(head)
  const { aud, exp, sub } = jsonIn(claims)
  const left = Number(exp) - Date.now() / 1000
  const isRight = alg === "ES256" && aud === origin && left > 0 && left <= DAY && /^(?:mailto:|https:)/u.test(String(sub))
  return isRight && isSigned(token, key) ? "right" : "wrong token"
}
