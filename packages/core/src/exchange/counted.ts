/**
 * A body that passes as it is, counted: `done` is told once, when it has ended, broken off or been given up, how many bytes
 * went through and, where `keep` says so, the first characters of a text, about that many.
 */
export const countedBody = (
  body: ReadableStream<Uint8Array>,
  keep: number,
  done: (bytes: number, text: string) => void
): ReadableStream<Uint8Array> => {
  const decoder = new TextDecoder()
  let [bytes, text] = [0, ""]
  let over = false
  const end = (): void => {
    if (!over) done(bytes, text)
    over = true
  }
  const reader = body.getReader()
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await reader.read().catch((error: unknown) => {
        end()
        throw error
      })
      if (next.done) {
        end()
        controller.close()
        return
      }
      bytes += next.value.byteLength
      if (text.length < keep) text += decoder.decode(next.value.subarray(0, keep), { stream: true })
      controller.enqueue(next.value)
    },
    cancel: async (reason) => {
      end()
      await reader.cancel(reason)
    }
  })
}
