/** Validation services: what they are, and trying them while calls go on. */

import '../voice.css'
import type { Api } from '../../../shared/api.ts'
import { ProblemNotice } from '../../../shared/pieces.tsx'
import type { SectionProps } from '../../section.ts'
import { useLoaded } from '../use-loaded.ts'
import { ServiceTest } from './service-test.tsx'
import type { Service } from './validation-terms.ts'

export function Validation({ api, me }: SectionProps) {
  const { value, problem } = useLoaded(
    () => api.get<{ readonly services: readonly Service[] }>('/api/v1/validation'),
    'validation',
  )
  return (
    <section class="stack" aria-label="Validation services">
      <h1>Validation services</h1>
      <p class="quiet">What a caller keys goes there, over HTTPS out of the vault; the answer is the verdict.</p>
      <ProblemNotice problem={problem} />
      {value?.services.map((service) => (
        <ServiceCard key={service.name} api={api} service={service} mayTest={me.scopes.includes('validation:test')} />
      ))}
    </section>
  )
}

type CardProps = { readonly api: Api; readonly service: Service; readonly mayTest: boolean }

function ServiceCard({ api, service, mayTest }: CardProps) {
  const { name, url, format, timeoutSeconds, retry, retries, reply, serverName, hasClientCertificate, pins, usable } =
    service
  const facts: readonly (readonly [string, string])[] = [
    ['Address', url],
    [
      'Requests',
      `${format === 'sealed' ? 'sealed to the key of the back end' : format.toUpperCase()}; replies are read ${reply === 'strict' ? 'strictly' : 'leniently'}`,
    ],
    [
      'Time',
      `${timeoutSeconds} s; tried again ${retry === 'never' ? 'never' : `up to ${retries} times, ${retry.replaceAll('-', ' ')}`}`,
    ],
    ['Name in its certificate', serverName ?? 'that of the address'],
    ['Own certificate', hasClientCertificate ? 'shown to the service' : 'none'],
    ['Pins', pins === 0 ? 'none: every key of a trusted certificate will do' : String(pins)],
  ]
  return (
    <div class="card stack">
      <div class="row">
        <h2>{name}</h2>
        <span class={`badge ${usable ? 'good' : 'bad'}`}>{usable ? 'can be used' : 'cannot be used'}</span>
      </div>
      {!usable && (
        <p class="notice bad">
          No secure session can start: the file of its authority (secureInput.validation.caFile) cannot be read, or its
          host is not allowed. Correct the configuration and reload it.
        </p>
      )}
      <dl class="facts">
        {facts.map(([term, says]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
      <ServiceTest api={api} name={name} mayTest={mayTest && usable} />
    </div>
  )
}
