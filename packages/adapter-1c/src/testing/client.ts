import { request } from "node:http"
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js"
import { LoadFailed, type OneCBase } from "./base.ts"

/** Whose exchange module is played: УТ and Розница, УНФ, Битрикс. */
export type Dialect = "ut" | "unf" | "bitrix"

/** Goods, or orders: `type` of the exchange. */
export type ExchangeType = "catalog" | "sale"

/** A file as 1C writes it, before packing. */
export interface OneCFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** What goes wrong on the way. */
export interface OneCFaults {
  /** The connection breaks in the middle of the first piece, or after so many of its bytes; then 1C sends it again. */
  readonly cutBody?: boolean | number
  /** Each piece is sent twice, as after a lost answer. */
  readonly repeatPieces?: boolean
  /** Neither cookie nor sessid comes back; Basic does. */
  readonly loseSession?: boolean
  /** Cookie and sessid are lost in the middle of the exchange: after the first piece. */
  readonly forgetSession?: boolean
  /** 1C asks for each import once and does not wait for its end (fact 22). */
  readonly skipPolling?: boolean
}

/** What goes wrong in an exchange of orders. */
export interface OrderFaults {
  /** The answer to mode=query is lost on the way: nothing is loaded, the exchange ends. */
  readonly loseOrders?: boolean
  /** 1C is killed after it loaded the orders: no success, nothing is sent back. */
  readonly stopBeforeSuccess?: boolean
  /** mode=success is never sent, as by some modules of Битрикс (fact 50). */
  readonly neverSuccess?: boolean
  /** What becomes of the file that is sent back: one in sixteen of a site was no valid XML (fact 61). */
  readonly spoilBack?: (file: Uint8Array) => Uint8Array
}

/** What became of an exchange of orders. */
export interface OrdersReport {
  /** Orders of the answer, by their GUID in the base. */
  readonly loaded: ReadonlySet<string>
  /** The answer to the import of what was sent back; null if there was nothing to send. */
  readonly back: string | null
}

/** Whom the base speaks to, as whom, and what goes wrong on the way. */
export interface OneCClientOptions {
  /** `http://host/exchange/1c`, with or without a query of its own. */
  readonly url: string
  readonly login: string
  readonly password: string
  readonly dialect?: Dialect
  readonly faults?: OneCFaults
  /** Hears each question and its answer: for logs. */
  readonly heard?: (question: OneCQuestion, answer: OneCAnswer) => void
}

/** One request of 1C. */
export interface OneCQuestion {
  readonly type: string
  readonly mode: string
  readonly filename: string | undefined
  /** Bytes of the body. */
  readonly bytes: number
}

/** `status: 0`: the connection was cut by a fault. */
export interface OneCAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly bytes: Uint8Array
  readonly text: string
  readonly lines: ReadonlyArray<string>
}

/** What became of an exchange of goods. */
export interface ExchangeReport {
  /** The last answer to each import, by its file. */
  readonly imports: Readonly<Record<string, string>>
  readonly pieces: number
}

/** 1C stopped the exchange; `answer` is what its log shows. */
export class OneCStopped extends Error {
  override readonly name = "OneCStopped"
  readonly answer: string

  constructor(step: string, answer: string) {
    super(`${step}: ${answer}`)
    this.answer = answer
  }
}

/** Packs files as 1C does. */
export const zipOf = async (files: ReadonlyArray<OneCFile>): Promise<Uint8Array> => {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, level: 6 })
  for (const { name, bytes } of files) await writer.add(name, new Uint8ArrayReader(bytes))
  return writer.close()
}

const MOST_POLLS = 500

/** Plays 1C over real HTTP: checkauth, init, file, import, as the facts 9–25 of its module's code say. */
export class OneCClient {
  readonly #options: OneCClientOptions
  #cookie: string | undefined
  #sessid: string | undefined
  zip = false
  fileLimit = Number.POSITIVE_INFINITY
  pieces = 0

  constructor(options: OneCClientOptions) {
    this.#options = options
  }

  /**
   * One session: signs in, sends the files (packed if the site asks for it), has each XML imported.
   * @throws OneCStopped
   */
  async exchange(files: ReadonlyArray<OneCFile>, options: { readonly zip?: boolean } = {}): Promise<ExchangeReport> {
    await this.checkauth()
    await this.init()
    if (this.zip && options.zip !== false) await this.sendFile("v8_1A76_155ae.zip", await zipOf(files))
    else for (const { name, bytes } of files) await this.sendFile(name, bytes)
    const imports: Record<string, string> = {}
    for (const { name } of files) {
      if (/^[^/]+\.xml$/iu.test(name)) imports[name] = await this.import(name)
    }
    return { imports, pieces: this.pieces }
  }

  /**
   * One session of orders: signs in, loads what waits into the base, confirms it, sends back what changed there (facts
   * 48–62).
   * @throws OneCStopped
   */
  async exchangeOrders(base: OneCBase, faults: OrderFaults = {}): Promise<OrdersReport> {
    await this.checkauth("sale")
    await this.init("sale")
    const answer = await this.get({ type: "sale", mode: "query" })
    if (faults.loseOrders === true) throw new OneCStopped("query", "the connection broke")
    const loaded = loadInto(base, answer, this.#options.dialect ?? "ut")
    if (faults.stopBeforeSuccess === true) throw new OneCStopped("query", "1C was stopped")
    if (faults.neverSuccess !== true) {
      const { text } = await this.get({ type: "sale", mode: "success" })
      if (text === "" || text.startsWith("failure")) throw new OneCStopped("success", text)
    }
    const written = base.back(loaded)
    if (written === undefined) return { loaded, back: null }
    const file = { ...written, bytes: faults.spoilBack?.(written.bytes) ?? written.bytes }
    if (this.zip) await this.sendFile("v8_1A76_155af.zip", await zipOf([file]), "sale")
    else await this.sendFile(file.name, file.bytes, "sale")
    const back = await this.import(file.name, "sale")
    base.taken(loaded)
    return { loaded, back }
  }

  async checkauth(type: ExchangeType = "catalog"): Promise<OneCAnswer> {
    const answer = await this.#success("checkauth", await this.get({ type, mode: "checkauth" }))
    const [, name, value, sessid] = answer.lines
    if (this.#options.faults?.loseSession !== true) {
      this.#cookie = `${name}=${value}`
      this.#sessid = sessid?.startsWith("sessid=") === true ? sessid.slice("sessid=".length) : undefined
    }
    return answer
  }

  async init(type: ExchangeType = "catalog"): Promise<OneCAnswer> {
    const bitrix = this.#options.dialect === "bitrix"
    const answer = await this.get({ type, mode: "init", ...(bitrix ? { version: "3.1" } : {}) })
    const wanted = bitrix ? 4 : 2
    if (answer.lines.length !== wanted) throw new OneCStopped("init", answer.text)
    this.zip = answer.lines[0]?.trim() === "zip=yes"
    this.fileLimit = Number(/^file_limit=(\d+)$/u.exec(answer.lines[1]?.trim() ?? "")?.[1])
    if (!(this.fileLimit > 0)) throw new OneCStopped("init", answer.text)
    return answer
  }

  /** In pieces of at most `file_limit` bytes, in order, under one name. */
  async sendFile(name: string, bytes: Uint8Array, type: ExchangeType = "catalog"): Promise<void> {
    const { cutBody = false, repeatPieces = false, forgetSession = false } = this.#options.faults ?? {}
    for (let at = 0; at < bytes.length || at === 0; at += this.fileLimit) {
      const piece = bytes.subarray(at, at + this.fileLimit)
      if (cutBody !== false && at === 0) {
        const after = cutBody === true ? Math.floor(piece.length / 2) : cutBody
        await this.sendPiece(name, piece, Math.min(after, piece.length - 1), type)
      }
      await this.#success(`file ${name}`, await this.sendPiece(name, piece, undefined, type))
      if (repeatPieces) await this.#success(`file ${name}`, await this.sendPiece(name, piece, undefined, type))
      this.pieces++
      if (forgetSession) this.#cookie = this.#sessid = undefined
    }
  }

  /** One piece. `cutAfter`: so many bytes are sent, then the connection is broken. */
  sendPiece(
    name: string,
    piece: Uint8Array,
    cutAfter?: number,
    type: ExchangeType = "catalog"
  ): Promise<OneCAnswer> {
    return this.#send("POST", { type, mode: "file", filename: name }, piece, cutAfter)
  }

  /**
   * Asks until the answer is not `progress`. Gives `success`, or `progress` where it does not wait.
   * @throws OneCStopped
   */
  async import(name: string, type: ExchangeType = "catalog"): Promise<string> {
    for (let poll = 0; poll < MOST_POLLS; poll++) {
      const answer = await this.get({ type, mode: "import", filename: name })
      const [first = ""] = answer.lines
      if (first.trim().toLowerCase() !== "progress") return (await this.#success(`import ${name}`, answer)).lines[0]!
      if (this.#options.faults?.skipPolling === true) return "progress"
    }
    throw new OneCStopped(`import ${name}`, `still in progress after ${MOST_POLLS} questions`)
  }

  get(query: Readonly<Record<string, string>>): Promise<OneCAnswer> {
    return this.#send("GET", query)
  }

  async #success(step: string, answer: OneCAnswer): Promise<OneCAnswer> {
    if (answer.lines[0]?.trim().toLowerCase() !== "success") throw new OneCStopped(step, answer.text)
    return answer
  }

  #address(query: Readonly<Record<string, string>>): string {
    const { url } = this.#options
    const all = { type: "catalog", ...query, ...(this.#sessid === undefined ? {} : { sessid: this.#sessid }) }
    // 1C appends its parameters with a `?`, whatever the address already has.
    return `${url}?${Object.entries(all).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`
  }

  async #send(
    method: string,
    query: Readonly<Record<string, string>>,
    body: Uint8Array = new Uint8Array(0),
    cutAfter?: number
  ): Promise<OneCAnswer> {
    const answer = await this.#ask(method, query, body, cutAfter)
    const { type = "catalog", mode = "", filename } = query
    this.#options.heard?.({ type, mode, filename, bytes: body.length }, answer)
    return answer
  }

  #ask(
    method: string,
    query: Readonly<Record<string, string>>,
    body: Uint8Array,
    cutAfter: number | undefined
  ): Promise<OneCAnswer> {
    const { login, password } = this.#options
    const content = { "content-length": String(body.length), "content-type": "application/octet-stream" }
    const headers = {
      authorization: `Basic ${Buffer.from(`${login}:${password}`, "utf8").toString("base64")}`,
      ...(this.#cookie === undefined ? {} : { cookie: this.#cookie }),
      ...(method === "POST" ? content : {})
    }
    return new Promise((resolve, reject) => {
      const call = request(this.#address(query), { method, headers, agent: false }, (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => void chunks.push(chunk))
        response.on("error", reject)
        response.on("end", () => {
          const bytes = Buffer.concat(chunks)
          const text = bytes.toString("utf8")
          resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text, lines: text.split("\n") })
        })
      })
      call.on("error", (error) => (cutAfter === undefined ? reject(error) : resolve(CUT)))
      if (cutAfter === undefined) return void call.end(body)
      call.write(body.subarray(0, cutAfter), () => call.destroy())
    })
  }
}

const CUT: OneCAnswer = { status: 0, headers: {}, bytes: new Uint8Array(0), text: "", lines: [] }

/** УТ takes only what begins like XML or an archive; nobody unpacks archives here (facts 48, 49). */
const loadInto = (base: OneCBase, answer: OneCAnswer, dialect: Dialect): ReadonlySet<string> => {
  const start = answer.bytes.subarray(0, 3).toString() === "239,187,191" ? 3 : 0
  const head = Buffer.from(answer.bytes.subarray(start, start + 5)).toString("latin1")
  if (head !== "<?xml" || (dialect === "ut" && start > 0)) throw new OneCStopped("query", answer.text)
  try {
    return base.load(answer.bytes)
  } catch (error) {
    if (error instanceof LoadFailed) throw new OneCStopped("query", error.message)
    throw error
  }
}
