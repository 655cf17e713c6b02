/** A flow as people name it: `card-payment` for its newest version, `card-payment@2` for one of them. */

export type FlowRef = { readonly id: string; readonly version: number | undefined }

const SHAPE = /^([a-z][a-z0-9-]{0,63})(?:@([1-9]\d{0,5}))?$/

/** @returns what is named, or undefined when the text names no flow. */
export function parseFlowRef(text: string): FlowRef | undefined {
  const [, id, version] = SHAPE.exec(text) ?? []
  return id === undefined ? undefined : { id, version: version === undefined ? undefined : Number(version) }
}
