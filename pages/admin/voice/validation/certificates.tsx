/** The certificates that this server shows to others, and how long they are good: the one that ends first comes first. */

import '../voice.css'
import { ProblemNotice } from '../../../shared/pieces.tsx'
import { ScrolledTable } from '../../../shared/scrolled-table.tsx'
import type { SectionProps } from '../../section.ts'
import { useLoaded } from '../use-loaded.ts'
import { type Certificate, PLACES, standingOf } from './validation-terms.ts'

export function Certificates({ api }: SectionProps) {
  const { value, problem } = useLoaded(
    () => api.get<{ readonly certificates: readonly Certificate[] }>('/api/v1/certificates'),
    'certificates',
  )
  const sorted = value?.certificates.toSorted((one, other) => (one.daysLeft ?? -1) - (other.daysLeft ?? -1))
  return (
    <section class="stack" aria-label="Certificates">
      <h1>Certificates</h1>
      <p class="quiet">
        Those that this server shows. A new file is taken by a reload of the configuration, while calls go on.
      </p>
      <ProblemNotice problem={problem} />
      {sorted?.length === 0 && (
        <p class="notice">This server shows no certificate: nothing of it is spoken over TLS.</p>
      )}
      {sorted && sorted.length > 0 && (
        <ScrolledTable caption="List of certificates" kind="wide" heads={['Shown to', 'Stands', 'Of', 'Ends', 'File']}>
          {sorted.map((certificate) => (
            <Row key={`${certificate.of} ${certificate.name} ${certificate.file}`} certificate={certificate} />
          ))}
        </ScrolledTable>
      )}
    </section>
  )
}

function Row({ certificate }: { readonly certificate: Certificate }) {
  const { of, name, file, subject = '', names = [], issuer = '', validTo } = certificate
  const { says, tone, advice } = standingOf(certificate)
  return (
    <tr>
      <th scope="row">
        {PLACES[of]}
        <br />
        <code>{name}</code>
      </th>
      <td>
        <span class={`badge ${tone}`}>{says}</span>
        {advice !== '' && <p>{advice}</p>}
      </td>
      <td>
        {subject}
        {names.length > 0 && <div class="quiet">{names.join(', ')}</div>}
        {issuer !== '' && <div class="quiet">signed by {issuer}</div>}
      </td>
      <td>{validTo?.slice(0, 10)}</td>
      <td>
        <code>{file}</code>
      </td>
    </tr>
  )
}
