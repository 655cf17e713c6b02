/** What each scope opens, out of the server's own document of its API. Pure. */

export type ApiDocument = {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly summary?: string; readonly 'x-requires'?: string }>>>
  >
}

/** @returns sentences by scope, in the order of the document. */
export function openedBy({ paths }: ApiDocument): ReadonlyMap<string, readonly string[]> {
  const opened = new Map<string, string[]>()
  for (const { summary, 'x-requires': scope } of Object.values(paths).flatMap((methods) => Object.values(methods))) {
    if (scope === undefined || summary === undefined) continue
    const sentences = opened.get(scope) ?? []
    if (!sentences.includes(summary)) sentences.push(summary)
    opened.set(scope, sentences)
  }
  return opened
}
