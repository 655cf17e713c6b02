/** JSON Schema as the directory gives it, as far as forms are drawn from it. Pure. */

export type SchemaNode = {
  readonly type?: string
  readonly description?: string
  /** What fits, in words; the server says the same when something does not. */
  readonly says?: string
  readonly default?: unknown
  readonly sample?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly items?: SchemaNode
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  /** It is never answered, only written. */
  readonly secret?: boolean
}

export type Drawing = 'secret' | 'choice' | 'text' | 'number' | 'check' | 'lines' | 'rows' | 'group' | 'none'

/** @returns how a member is drawn; `none` where it cannot be. */
export function drawingOf(node: SchemaNode): Drawing {
  if (node.secret === true) return 'secret'
  if (node.enum !== undefined) return 'choice'
  if (node.type === 'string') return 'text'
  if (node.type === 'integer' || node.type === 'number') return 'number'
  if (node.type === 'boolean') return 'check'
  if (node.properties !== undefined) return 'group'
  if (node.type !== 'array' || node.items === undefined) return 'none'
  if (node.items.properties !== undefined) return 'rows'
  return drawingOf(node.items) === 'text' || drawingOf(node.items) === 'choice' ? 'lines' : 'none'
}

const SHORT_FORMS = ['uri', 'tls', 'tcp', 'srtp', 'ha1', 'sha256', 'md5', 'ca', 'id']

/** @returns a member's name as words: `allowDestinations` is `Allow destinations`, `largeOverTcp` is `Large over TCP`. */
export function labelOf(member: string): string {
  const words = member
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(' ')
  const [first = '', ...others] = words.map((word) => (SHORT_FORMS.includes(word) ? word.toUpperCase() : word))
  return [first.charAt(0).toUpperCase() + first.slice(1), ...others].join(' ')
}

/** @returns a label within a sentence: what is written large throughout stays so. */
export function withinSentence(label: string): string {
  return /^.[A-Z]/.test(label) ? label : label.charAt(0).toLowerCase() + label.slice(1)
}

/** @returns what there is to know of a member: what it is, what fits, an example, and what holds where nothing is set. */
export function hintOf({ description = '', says, default: otherwise, sample, secret, items }: SchemaNode): string {
  const fits = says ?? items?.says
  const example = sample ?? items?.sample
  const isSimple = typeof otherwise === 'string' || typeof otherwise === 'number'
  return [
    description,
    fits === undefined ? '' : `Takes ${fits}.`,
    example === undefined || secret === true || fits?.includes('such as') === true ? '' : `Such as ${example}.`,
    isSimple && otherwise !== '' ? `Default: ${otherwise}.` : '',
  ]
    .filter((part) => part !== '')
    .join(' ')
}

/** @returns what an entry begins with: nothing but what is demanded, and of that what the schema itself says. */
export function freshOf(node: SchemaNode): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    (node.required ?? []).flatMap((member) => {
      const each = node.properties?.[member]
      if (each === undefined) return []
      if (each.default !== undefined) return [[member, each.default]]
      const drawing = drawingOf(each)
      if (drawing === 'group') return [[member, freshOf(each)]]
      if (drawing === 'lines' || drawing === 'rows') return [[member, []]]
      return drawing === 'text' ? [[member, '']] : []
    }),
  )
}

/** @returns lines as a list. Empty ones are between what is typed, and nothing. */
export function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
