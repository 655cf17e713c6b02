/** What differs between two texts, line by line: the longest run of lines that both have stays, the rest has gone or come. Pure. */

export type DiffLine = {
  readonly what: 'same' | 'gone' | 'new'
  readonly text: string
  /** Numbers of the line in either text. */
  readonly before: number | undefined
  readonly after: number | undefined
}

/** @returns the lines of both, in their order. */
export function diffOf(before: string, after: string): readonly DiffLine[] {
  const [one, other] = [linesOf(before), linesOf(after)]
  const common = lengthsOf(one, other)
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < one.length || j < other.length) {
    const [gone, come] = [one[i], other[j]]
    if (gone !== undefined && gone === come) {
      lines.push({ what: 'same', text: gone, before: ++i, after: ++j })
    } else if (come === undefined || (gone !== undefined && at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push({ what: 'gone', text: gone ?? '', before: ++i, after: undefined })
    } else {
      lines.push({ what: 'new', text: come, before: undefined, after: ++j })
    }
  }
  return lines
}

function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n')
}

type Table = { readonly width: number; readonly cells: Uint32Array }

/** By where one begins in each text: how many lines both have from there on. */
function lengthsOf(one: readonly string[], other: readonly string[]): Table {
  const width = other.length + 1
  const cells = new Uint32Array((one.length + 1) * width)
  const table = { width, cells }
  for (let i = one.length - 1; i >= 0; i--) {
    for (let j = other.length - 1; j >= 0; j--) {
      cells[i * width + j] =
        one[i] === other[j] ? at(table, i + 1, j + 1) + 1 : Math.max(at(table, i + 1, j), at(table, i, j + 1))
    }
  }
  return table
}

function at({ width, cells }: Table, i: number, j: number): number {
  return cells[i * width + j] ?? 0
}
