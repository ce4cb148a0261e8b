/** Well-formed XML, but not a CommerceML file. The message is for the administrator of 1C, in Russian. */
export class CommerceMlError extends Error {
  readonly _tag = "CommerceMlError"
  override readonly name = "CommerceMlError"
  readonly code = "not-commerceml"
  readonly line: number

  constructor(line: number, root: string) {
    super(
      `Строка ${line}: файл начинается с элемента <${root.slice(0, 60)}>, а не <КоммерческаяИнформация>. ` +
      "Это не файл обмена CommerceML: проверьте, что выгружает 1С."
    )
    this.line = line
  }
}
