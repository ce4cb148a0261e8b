import { Schema } from "@aptekit/core"

/**
 * Push services of Chrome and Android, Firefox, Safari, Edge. An address comes from a browser, that is from anybody: the hub
 * calls none that is not named.
 */
export const KNOWN_SERVICES: ReadonlyArray<string> = [
  "fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com"
]

/** A host (`push.example.com`), its subdomains (`*.example.com`), or an origin where it is not https on its own port. */
export const Service = Schema.String.check(
  Schema.isPattern(/^(?:https?:\/\/[^/\s@?#]+|(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+)$/u, {
    expected: "a host such as push.example.com, *.example.com, or an origin such as https://push.example.com:8443"
  })
)

/** Is it an address of one of these services? */
export const isServed = (endpoint: URL, services: ReadonlyArray<string>): boolean =>
  endpoint.username === "" && endpoint.password === "" && services.some((service) => {
    if (service.includes("://")) return endpoint.origin === new URL(service).origin
    if (endpoint.protocol !== "https:" || endpoint.port !== "") return false
    return service.startsWith("*.") ? endpoint.hostname.endsWith(service.slice(1)) : endpoint.hostname === service
  })
