/** The wall clock of the base at an instant: `2026-11-23` and `11:00:00`. */
export class WallClock {
  readonly #format: Intl.DateTimeFormat

  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23"
    })
  }

  at(instant: number): { readonly date: string; readonly time: string } {
    const parts = Object.fromEntries(this.#format.formatToParts(instant).map(({ type, value }) => [type, value]))
    return {
      date: `${parts["year"]}-${parts["month"]}-${parts["day"]}`,
      time: `${parts["hour"]}:${parts["minute"]}:${parts["second"]}`
    }
  }
}
