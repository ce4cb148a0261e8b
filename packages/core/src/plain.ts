/**
 * Rules that need nothing but the language, for threads that must stay small: a database's writer asks a few of them, and
 * would otherwise load all of Effect a second time (some 80 MB).
 */
export { type GroupRefusal, groupRefusals } from "./catalogue/group-tree.ts"
export { fullBucket, refilled, taken, tokensIn } from "./exchange/bucket.ts"
export { withEntry } from "./exchange/outbox.ts"
export { ENDED } from "./notify/reports.ts"
