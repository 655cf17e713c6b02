/** Flows that a form may take: those that are published, the newest version or one that is named. Pure. */

import type { Choice } from '../fields.tsx'

export type PublishedFlow = {
  readonly id: string
  readonly title: string
  readonly versions: readonly { readonly version: number; readonly state: string }[]
}

export function flowChoices(flows: readonly PublishedFlow[]): readonly Choice[] {
  return flows.flatMap(({ id, title, versions }) => {
    const published = versions.filter(({ state }) => state === 'published').map(({ version }) => version)
    if (published.length === 0) return []
    const newest = Math.max(...published)
    return [
      { value: id, text: `${title} (${id}), always the newest: now version ${newest}` },
      ...published
        .toSorted((one, other) => other - one)
        .map((version) => ({ value: `${id}@${version}`, text: `${title} (${id}), version ${version}` })),
    ]
  })
}
