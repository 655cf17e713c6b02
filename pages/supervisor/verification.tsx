/** Whether the signed record of a session that is over holds: asked for when it is shown, until the record is closed, and when somebody wants to. */

import { useEffect, useRef, useState } from 'preact/hooks'
import type { Static } from 'typebox'
import type { aVerification } from '../../src/web/verification-routes.ts'
import { type Api, type ProblemBody, problemOf } from '../shared/api.ts'
import { ProblemNotice } from '../shared/pieces.tsx'
import { supervisor } from './supervisor-words.ts'

export type Verification = Static<typeof aVerification>

type VerificationViewProps = {
  readonly api: Api
  readonly path: string
  readonly verification: Verification | undefined
  readonly onVerification: (verification: Verification | undefined) => void
}

/** The record is closed a moment after the session: asked for again so soon, ms, and so often. */
const AGAIN_MS = 1000
const MOST_TIMES = 10

const KINDS = { holds: 'good', open: 'warn', 'does-not-hold': 'bad' } as const

export function VerificationView({ api, path, verification, onVerification }: VerificationViewProps) {
  const words = supervisor.value
  const [problem, setProblem] = useState<ProblemBody>()
  const askedAgain = useRef(0)
  const ask = () => {
    api.get<Verification>(path).then(onVerification, (error: unknown) => setProblem(problemOf(error)))
  }
  const verify = () => {
    onVerification(undefined)
    setProblem(undefined)
    askedAgain.current = 0
    ask()
  }
  useEffect(verify, [api, path])
  useEffect(() => {
    if (verification?.verdict !== 'open' || askedAgain.current >= MOST_TIMES) return
    const timer = setTimeout(() => {
      askedAgain.current += 1
      ask()
    }, AGAIN_MS)
    return () => clearTimeout(timer)
  }, [verification])
  const titles = { holds: words.verified, open: words.verifiedSoFar, 'does-not-hold': words.notVerified }
  return (
    <section class="stack" aria-label={words.record}>
      <h4>{words.record}</h4>
      <div role="status">
        {verification === undefined && problem === undefined && words.verifying}
        {verification && (
          <p>
            <span class={`badge ${KINDS[verification.verdict]}`}>{titles[verification.verdict]}</span>{' '}
            {verification.verdict !== 'does-not-hold' && words.isolation[verification.isolation]}
          </p>
        )}
      </div>
      <ProblemNotice problem={problem} />
      {verification && verification.findings.length > 0 && (
        <ul>
          {verification.findings.map(({ number, code, says }) => (
            <li key={`${number} ${code} ${says}`}>
              {number !== undefined && `${number}: `}
              {says} <code>{code}</code>
            </li>
          ))}
        </ul>
      )}
      {verification && verification.records.length > 0 && (
        <p class="quiet key">{words.recordNumbers(verification.records.join(', '), verification.key)}</p>
      )}
      <div class="row">
        <button type="button" onClick={verify}>
          {words.verifyAgain}
        </button>
      </div>
    </section>
  )
}
