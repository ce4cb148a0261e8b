import type { SimulatedTable } from "./model.ts"

const HEAD = `<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" Version="1.0">
<edmx:DataServices m:DataServiceVersion="3.0" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">
<Schema Namespace="StandardODATA" xmlns="http://schemas.microsoft.com/ado/2009/11/edm">`

const property = (name: string, type: string): string => `<Property Name="${name}" Type="${type}" Nullable="false"/>`

const fieldsOf = (name: string, fields: SimulatedTable["fields"]): string =>
  Object.entries(fields).map(([field, type]) =>
    property(field, typeof type === "string" ? `Edm.${type}` : `Collection(StandardODATA.${name}_${field}_RowType)`)
  ).join("")

const typesOf = (path: string, { fields }: SimulatedTable): string => {
  const [set = "", virtual] = path.split("/")
  if (virtual !== undefined) {
    const suffix = virtual.startsWith("Slice") ? "RecordType" : virtual.replace("()", "")
    const kind = suffix === "RecordType" ? "EntityType" : "ComplexType"
    return `<${kind} Name="${set}_${suffix}">${fieldsOf(set, fields)}</${kind}>`
  }
  const tables = Object.entries(fields).filter(([, type]) => typeof type !== "string").map(([field, columns]) =>
    `<ComplexType Name="${set}_${field}_RowType">${fieldsOf(set, columns as Record<string, string>)}</ComplexType>`
  )
  return `<EntityType Name="${set}"><Key><PropertyRef Name="Ref_Key"/></Key>${fieldsOf(set, fields)}</EntityType>` +
    tables.join("")
}

/** `$metadata` in the shape that 1C gives it: virtual tables are functions bound to their set (fact 77). */
export const metadataOf = (tables: ReadonlyMap<string, SimulatedTable>): string => {
  const paths = [...tables]
  const sets = new Set(paths.map(([path]) => path.split("/")[0]!))
  const container = [...sets].map((set) => `<EntitySet Name="${set}" EntityType="StandardODATA.${set}"/>`)
  const functions = paths.filter(([path]) => path.includes("/")).map(([path]) => {
    const [set = "", virtual = ""] = path.split("/")
    const name = virtual.replace("()", "")
    const suffix = name.startsWith("Slice") ? "RecordType" : name
    return `<FunctionImport Name="${name}" ReturnType="Collection(StandardODATA.${set}_${suffix})" ` +
      `IsBindable="true" EntitySetPath="${set}"/>`
  })
  const types = paths.map(([path, table]) => typesOf(path, table)).join("\n")
  return `${HEAD}${types}<EntityContainer Name="StandardODATA">` +
    `${container.join("")}${functions.join("")}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`
}
