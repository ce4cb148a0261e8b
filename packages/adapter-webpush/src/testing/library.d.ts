/** What the simulator uses of http_ece 1.2, which has no types of its own. */
declare module "http_ece" {
  import type { ECDH } from "node:crypto"

  const ece: {
    /** @throws Error where it is not sealed for this key */
    readonly decrypt: (
      body: Buffer,
      params: { readonly version: "aes128gcm"; readonly privateKey: ECDH; readonly authSecret: string }
    ) => Buffer
  }
  export default ece
}
