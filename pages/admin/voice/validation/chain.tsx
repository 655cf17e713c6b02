/** The certificates that a service shows, its own first. Their names are the other side's words. */

import type { ChainCertificate } from './validation-terms.ts'

export function Chain({ chain }: { readonly chain: readonly ChainCertificate[] }) {
  return (
    <div>
      <h3>Certificates that it shows</h3>
      <ol class="chain">
        {chain.map(({ subject, names, issuer, validFrom, validTo, fingerprint256, pin, serialNumber }, at) => (
          <li key={fingerprint256}>
            <p>
              <strong>{subject}</strong> <span class="badge">{at === 0 ? 'its own' : 'an authority'}</span>
            </p>
            <dl class="facts">
              <Fact term="Names" says={names.length === 0 ? 'none' : names.join(', ')} />
              <Fact term="Signed by" says={issuer} />
              <Fact term="Valid" says={`${dayOf(validFrom)} to ${dayOf(validTo)}`} />
              <Fact term="SHA-256" says={fingerprint256} isCode />
              <Fact term="Pin" says={pin} isCode />
              <Fact term="Serial number" says={serialNumber} isCode />
            </dl>
          </li>
        ))}
      </ol>
    </div>
  )
}

function Fact({
  term,
  says,
  isCode = false,
}: {
  readonly term: string
  readonly says: string
  readonly isCode?: boolean
}) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{isCode ? <code>{says}</code> : says}</dd>
    </div>
  )
}

function dayOf(moment: string): string {
  return moment.slice(0, 10)
}
