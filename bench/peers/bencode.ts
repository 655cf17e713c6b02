/** Bencode, the notation of rtpengine's control protocol: text, numbers, lists and records, as far as that needs. */

export type Bencoded = string | number | readonly Bencoded[] | { readonly [key: string]: Bencoded }

/** Writes a value. Text is UTF-8. */
export function bencode(value: Bencoded): string {
  if (typeof value === 'string') return `${Buffer.byteLength(value)}:${value}`
  if (typeof value === 'number') return `i${value}e`
  if (isList(value)) return `l${value.map(bencode).join('')}e`
  const keys = Object.keys(value).sort()
  return `d${keys.map((key) => bencode(key) + bencode(value[key] as Bencoded)).join('')}e`
}

/** Reads a value that fills all of `octets`. @returns it, or undefined when it is cut short or none. */
export function readBencoded(octets: Buffer): Bencoded | undefined {
  const read = valueAt(octets, 0)
  return read !== undefined && read.end === octets.length ? read.value : undefined
}

type Read = { readonly value: Bencoded; readonly end: number }

function valueAt(octets: Buffer, at: number): Read | undefined {
  switch (octets[at]) {
    case 0x69: {
      const end = octets.indexOf('e', at)
      return end < 0 ? undefined : { value: Number(octets.toString('latin1', at + 1, end)), end: end + 1 }
    }
    case 0x6c: {
      const list = valuesAt(octets, at + 1)
      return list && { value: list.values, end: list.end }
    }
    case 0x64: {
      const list = valuesAt(octets, at + 1)
      const pairs = list?.values.flatMap((key, i, all) =>
        i % 2 === 0 ? [[String(key), all[i + 1] ?? ''] as const] : [],
      )
      return list && { value: Object.fromEntries(pairs ?? []), end: list.end }
    }
    default:
      return textAt(octets, at)
  }
}

function valuesAt(octets: Buffer, from: number): { values: Bencoded[]; end: number } | undefined {
  const values: Bencoded[] = []
  let at = from
  while (octets[at] !== 0x65) {
    const read = valueAt(octets, at)
    if (read === undefined) return undefined
    values.push(read.value)
    at = read.end
  }
  return { values, end: at + 1 }
}

function textAt(octets: Buffer, at: number): Read | undefined {
  const colon = octets.indexOf(':', at)
  const length = colon < 0 ? Number.NaN : Number(octets.toString('latin1', at, colon))
  const end = colon + 1 + length
  if (!Number.isInteger(length) || end > octets.length) return undefined
  return { value: octets.toString('utf8', colon + 1, end), end }
}

function isList(value: Bencoded): value is readonly Bencoded[] {
  return Array.isArray(value)
}
