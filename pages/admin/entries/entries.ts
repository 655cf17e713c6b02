/** Entries of the directory as the API has them: what is about an entry, and what is its own. */

import type { Api, Trouble } from '../../shared/api.ts'

/** A kind is also the first part of the address of its section. */
export type Kind = 'users' | 'workgroups' | 'forms' | 'trunks' | 'routes' | 'phones'

export type About = {
  readonly name: string
  readonly id: string
  readonly revision: number
  readonly createdAt: string
  readonly updatedAt: string
}

/** What is about an entry of the dial plan too. One of the configuration file has neither id nor revision. */
export type PlanAbout = {
  readonly origin: 'file' | 'store'
  /** Whether it counts; `problems` says why it does not. */
  readonly inUse: boolean
  /** Places of secrets that are set; they are never answered. */
  readonly secrets: readonly string[]
  readonly problems?: readonly Trouble[]
}

/** Members by their names. */
export type Body = { readonly [member: string]: unknown }

const ABOUT = ['name', 'id', 'revision', 'createdAt', 'updatedAt']
/** Of the dial plan; a form has secrets of its own. */
const ABOUT_PLAN = [...ABOUT, 'origin', 'inUse', 'secrets', 'problems']

export type Listed<B> = { readonly entries: readonly (About & B)[]; readonly next?: string }

/** In the address: an entry that is being made. No name has this character. */
export const NEW = '~new'

export function pathOf(kind: Kind, name?: string): string {
  return `/api/v1/directory/${kind}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
}

/** @returns what of an entry is its own. */
export function bodyOf<B extends Body>(entry: About & B): B {
  const about = 'origin' in entry ? ABOUT_PLAN : ABOUT
  return Object.fromEntries(Object.entries(entry).filter(([member]) => !about.includes(member))) as B
}

const MOST_A_PAGE = 1000

/** @returns every entry of a kind. @throws Problem */
export async function everyEntry<B>(api: Api, kind: Kind, signal?: AbortSignal): Promise<readonly (About & B)[]> {
  const all: (About & B)[] = []
  for (let after = ''; ; ) {
    const question = `limit=${MOST_A_PAGE}&after=${encodeURIComponent(after)}`
    const { entries, next } = await api.get<Listed<B>>(`${pathOf(kind)}?${question}`, signal)
    all.push(...entries)
    if (next === undefined) return all
    after = next
  }
}
