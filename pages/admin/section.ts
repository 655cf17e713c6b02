/** A section of the administration: a row of its menu, and what it shows for the rest of the address. */

import type { ComponentType } from 'preact'
import type { Api } from '../shared/api.ts'
import type { Me } from '../shared/session.ts'

export type SectionProps = {
  readonly api: Api
  readonly me: Me
  /** What stands behind the name of the section in the address, such as the name of an entry. */
  readonly rest: readonly string[]
}

export type Section = {
  /** First part of the address. */
  readonly name: string
  readonly title: string
  /** The scope that one needs to see it. */
  readonly scope: string
  /** Loaded when it is shown first. */
  readonly load: () => Promise<ComponentType<SectionProps>>
}
