/**
 * Checks for the messages between the processes. Small and without a package, because the vault uses it too and its import
 * list must be short enough to read. A shape says exactly which members a message has; anything beside them refuses it.
 */

/** @returns true when the value has the shape. Never throws. */
export type Shape<T> = ((value: unknown) => value is T) & {
  /** Of a record that has a word as its `type`: that word, by which a union finds it. */
  readonly tag?: string
  /** Of a word. */
  readonly word?: string
}
export type ShapeOf<S> = S extends Shape<infer T> ? T : never

const is = <T>(test: (value: unknown) => boolean) => test as Shape<T>

export const aBoolean = is<boolean>((value) => typeof value === 'boolean')

/** A whole number from `min` to `max`, both included. */
export const anInteger = (min: number, max: number) =>
  is<number>((value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max)

/** A finite number, fractions allowed. */
export const aNumber = is<number>((value) => typeof value === 'number' && Number.isFinite(value))

/** One word out of a list. */
export const oneOf = <const T extends readonly string[]>(...words: T) =>
  is<T[number]>((value) => typeof value === 'string' && words.includes(value))

/** Exactly this word: the tag of a union. */
export const theWord = <const T extends string>(word: T): Shape<T> =>
  Object.assign(
    is<T>((value) => value === word),
    { word },
  )

/** Text of at most `max` UTF-16 units that matches the pattern when there is one. */
export const aText = (max: number, pattern?: RegExp) =>
  is<string>(
    (value) => typeof value === 'string' && value.length <= max && (pattern === undefined || pattern.test(value)),
  )

/** An id made by Sotto. */
export const anId = aText(64, /^[A-Za-z0-9_-]{1,64}$/)

/** Exactly so many octets. */
export const someOctets = (size: number) =>
  is<Uint8Array>((value) => value instanceof Uint8Array && value.length === size)

/** Octets, `max` of them at most. */
export const octetsUpTo = (max: number) => is<Uint8Array>((value) => value instanceof Uint8Array && value.length <= max)

export const aListOf = <T>(item: Shape<T>, max: number) =>
  is<readonly T[]>((value) => Array.isArray(value) && value.length <= max && value.every((each) => item(each)))

export const optional = <T>(shape: Shape<T>) => is<T | undefined>((value) => value === undefined || shape(value))

type Members = Readonly<Record<string, Shape<unknown>>>
type OptionalKeys<M extends Members> = { [K in keyof M]: undefined extends ShapeOf<M[K]> ? K : never }[keyof M]
type RecordOf<M extends Members> = { readonly [K in Exclude<keyof M, OptionalKeys<M>>]: ShapeOf<M[K]> } & {
  readonly [K in OptionalKeys<M>]?: ShapeOf<M[K]>
}

/** A plain object with these members and no others. */
export const aRecord = <const M extends Members>(members: M): Shape<RecordOf<M>> => {
  const shapes = Object.entries(members)
  const shape = is<RecordOf<M>>((value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const record = value as Record<string, unknown>
    for (const name in record) if (!Object.hasOwn(members, name)) return false
    for (const [name, member] of shapes) if (!member(record[name])) return false
    return true
  })
  const tag = members['type']?.word
  return tag === undefined ? shape : Object.assign(shape, { tag })
}

/** One of several shapes: a tagged union. Where all have a `type`, that says which is meant; a message of twenty kinds is looked at once. */
export const anyOf = <const S extends readonly Shape<unknown>[]>(...shapes: S): Shape<ShapeOf<S[number]>> => {
  const byTag = new Map(shapes.map((shape) => [shape.tag, shape]))
  if (byTag.has(undefined) || byTag.size < shapes.length) {
    return is<ShapeOf<S[number]>>((value) => shapes.some((shape) => shape(value)))
  }
  return is<ShapeOf<S[number]>>((value) => {
    const { type } = Object(value) as { readonly type?: unknown }
    return byTag.get(typeof type === 'string' ? type : undefined)?.(value) === true
  })
}
