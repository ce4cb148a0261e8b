/** Names that a part of the settings takes from the base: each must be in its `$metadata`. */
export interface NamesUsed {
  /** Where in the settings they are written. */
  readonly setting: string
  /** Set, or `Document_X.Товары` for a tabular part. */
  readonly path: string
  readonly fields: ReadonlyArray<string>
}
