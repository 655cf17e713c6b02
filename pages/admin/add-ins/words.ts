/** How add-ins stand, in words. Pure. */

export type AddIn = {
  readonly name: string
  /** Of what is in use; absent where nothing was ever right. */
  readonly version?: string
  readonly title?: string
  readonly attributes: readonly string[]
  readonly lookups: readonly string[]
  /** Of the last try: a refused one leaves the version before in use. */
  readonly state: 'loaded' | 'refused'
  readonly problems: readonly {
    readonly file: string
    readonly place: string
    readonly says: string
    readonly advice: string
  }[]
  readonly loadedAt?: string
  /** Names of forms. */
  readonly forms: readonly string[]
  readonly health: {
    readonly count: number
    readonly failed: number
    readonly lastProblem?: {
      readonly lookup: string
      readonly code: string
      readonly title: string
      readonly at: string
    }
  }
}

export type Listed = { readonly addIns: readonly AddIn[] }

export type Standing = { readonly text: string; readonly look: 'good' | 'warn' | 'bad' }

export function stateOf({ state, version }: AddIn): Standing {
  if (state === 'loaded') return { text: 'Loaded', look: 'good' }
  return version === undefined
    ? { text: 'Refused', look: 'bad' }
    : { text: `Refused; version ${version} stays in use`, look: 'warn' }
}

/** @returns how the lookups of an add-in went since the server started; undefined before the first. */
export function healthOf({ health: { count, failed } }: AddIn): Standing | undefined {
  if (count === 0) return undefined
  if (failed === 0) return { text: `${count} asked, none failed`, look: 'good' }
  return { text: `${count} asked, ${failed} failed`, look: failed === count ? 'bad' : 'warn' }
}

/** @returns what became of reading the folder anew. */
export function loadingOf(addIns: readonly AddIn[]): string {
  const refused = addIns.filter(({ state }) => state === 'refused').length
  const loaded = `Loaded: ${addIns.length - refused}.`
  return refused === 0 ? loaded : `${loaded} Refused: ${refused}.`
}

/** @returns what can be chosen as a form's component. */
export function componentChoices(
  addIns: readonly AddIn[],
): readonly { readonly value: string; readonly text: string }[] {
  return addIns.flatMap(({ name, version, title }) =>
    version === undefined ? [] : [{ value: name, text: `${title || name} (${name}), version ${version}` }],
  )
}
