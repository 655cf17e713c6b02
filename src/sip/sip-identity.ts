/**
 * Which SIP domains a certificate speaks for (RFC 5922 section 7.1), and which names a server chooses its certificate by. Pure.
 *
 * Stricter than the web: a wildcard stands for nothing (section 7.2), the common name is never looked at, and once there is a `sip:` URI, host
 * names do not count.
 */

/** @param altNames the extension as Node writes it: `DNS:a.example, URI:sip:b.example`. @returns domains, lower case. */
export function sipDomainsOf(altNames: string | undefined): readonly string[] {
  const names = namesIn(altNames)
  const fromUris = names.flatMap(({ type, value }) => {
    if (type !== 'URI') return []
    // One with a user part speaks for that user alone.
    const host = /^sip:([^@;?:/]+)$/i.exec(value)?.[1]
    return host === undefined ? [] : [host.toLowerCase()]
  })
  return fromUris.length > 0 ? fromUris : hostNames(names)
}

/** @returns every name that a client may name this certificate by when it connects (SNI): host names, wildcards too, and SIP domains. */
export function serverNamesOf(altNames: string | undefined): readonly string[] {
  return [...hostNames(namesIn(altNames)), ...sipDomainsOf(altNames)]
}

/** @returns whether a certificate speaks for a SIP domain: the whole of it, whatever its case. */
export function speaksFor(altNames: string | undefined, domain: string): boolean {
  return sipDomainsOf(altNames).includes(domain.toLowerCase())
}

/** @returns whether a server name is one of these, where `*.` stands for one label (RFC 6125 section 6.4.3): to choose by, not to trust. */
export function isNamedBy(names: readonly string[], serverName: string): boolean {
  const wanted = serverName.toLowerCase()
  const parent = wanted.slice(wanted.indexOf('.') + 1)
  return names.some((name) => name === wanted || (name === `*.${parent}` && parent !== wanted))
}

type AltName = { readonly type: string; readonly value: string }

function hostNames(names: readonly AltName[]): string[] {
  return names.flatMap(({ type, value }) => (type === 'DNS' ? [value.toLowerCase()] : []))
}

/** Node quotes a value that holds a comma or anything else that could make one name look like two; such a name is nobody's. */
function namesIn(altNames: string | undefined): AltName[] {
  const found = (altNames ?? '').match(/(?:[A-Za-z ]+):(?:"(?:[^"\\]|\\.)*"|[^,"]*)(?=, |$)/g) ?? []
  return found.flatMap((each) => {
    const colon = each.indexOf(':')
    const value = each.slice(colon + 1)
    return value.startsWith('"') ? [] : [{ type: each.slice(0, colon).trim(), value }]
  })
}
