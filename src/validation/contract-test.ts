/**
 * `sotto validation test`: sends a validation service what Sotto would send, and judges the replies with the vault's own parser. Every row says what
 * holds, or what to change. Published test cards only.
 */

import { faults } from '../base/faults.ts'
import type { Validation } from '../vault/contract.ts'
import { Entry } from '../vault/entry.ts'
import { type Answer, readAnswer } from '../vault/reply.ts'
import { prepareRequest, type RequestPart } from '../vault/request.ts'
import { BODY_MAX } from '../vault/request-document.ts'
import { trustFailureOf } from '../vault/trust.ts'
import { type Case, type CaseCards, casesFor, exampleParts, malformedBodies, type Wanted } from './cases.ts'
import { type Exchange, exchange, type Reply } from './exchange.ts'

export type ContractTestOptions = {
  readonly validation: Validation
  readonly cards: CaseCards
  /** Begins every transaction id of this run, so that no service has seen one before. */
  readonly runId: string
  /** Any clock that does not jump, ms. */
  readonly nowMs: () => number
}

export type Row = {
  readonly what: string
  readonly holds: boolean
  readonly figure: string
  /** What to change when it does not hold. */
  readonly advice: string
}

/** Tests a service. @returns a row for each thing it must do; the first row alone when it cannot be reached. */
export async function testContract(options: ContractTestOptions): Promise<readonly Row[]> {
  const { validation, cards } = options
  const tester = new Tester(options)
  const first = await tester.send(exampleParts(cards), 'first')
  const reached = reachRow(first)
  if (!reached.holds || 'code' in first) {
    tester.close()
    return [reached]
  }
  const rows = [reached, ...replyRows(first, validation, cards)]
  for (const each of casesFor(cards)) rows.push(caseRow(each, await tester.send(each.parts), validation))
  rows.push(...(await tester.repeats()), ...(await tester.malformed()))
  tester.close()
  return rows
}

class Tester {
  readonly #options: ContractTestOptions
  readonly #entry = new Entry()
  #sent = 0

  constructor(options: ContractTestOptions) {
    this.#options = options
  }

  /** @param name of the transaction; one of its own when absent. */
  send(parts: readonly RequestPart[], name = `case${this.#sent++}`, submission = 1): Promise<Exchange> {
    const { head, body } = this.#build(parts, name, submission)
    return this.#exchange(head, body)
  }

  /** The same request twice with one idempotency key, then a later submission of the session. */
  async repeats(): Promise<readonly Row[]> {
    const { validation, cards } = this.#options
    const parts = exampleParts(cards)
    const one = await this.send(parts, 'repeated')
    const two = await this.send(parts, 'repeated')
    const three = await this.send(parts, 'repeated', 2)
    const [first, second] = [answerOf(one, validation), answerOf(two, validation)]
    const charges = chargesOf(one, two)
    return [
      {
        what: 'a request that is sent again gets the same outcome',
        holds: first !== undefined && first.value === second?.value && first.reference === second.reference,
        figure: `${first?.value ?? 'nothing'}, then ${second?.value ?? 'nothing'}`,
        advice: 'Keep the outcome by Idempotency-Key for a day, and answer with it.',
      },
      {
        what: 'and is not charged again',
        holds: charges === undefined || charges === 0,
        figure: charges === undefined ? 'not to be seen: no header "Charges"' : `${charges} more charges`,
        advice:
          'Look up the Idempotency-Key before you charge. Otherwise keep secureInput.validation.retry away from "idempotent".',
      },
      caseRow(
        {
          what: 'a later submission of one session gets an outcome',
          parts,
          wanted: 'outcome',
          advice: 'Its key ends in -2, -3 ...: it is another request.',
        },
        three,
        validation,
      ),
    ]
  }

  async malformed(): Promise<readonly Row[]> {
    const { validation, cards } = this.#options
    const rows: Row[] = []
    const advice = 'Answer with status 400, or decline.'
    const row = (what: string, reply: Exchange) =>
      caseRow({ what, parts: [], wanted: 'not-accepted', advice }, reply, validation)
    const good = this.#build(exampleParts(cards), 'malformed', 1).body
    for (const { what, body } of malformedBodies(validation.format, good, cards)) {
      const { head } = this.#build([], `malformed${rows.length}`, 1, body.length)
      rows.push(row(what, await this.#exchange(head, body)))
    }
    const post = this.#build([], 'get', 1, 0).head.toString('latin1')
    const get = Buffer.from(post.replace('POST ', 'GET '), 'latin1')
    return [...rows, row('a GET is not accepted', await this.#exchange(get, Buffer.alloc(0)))]
  }

  close(): void {
    this.#entry.close()
  }

  #build(
    parts: readonly RequestPart[],
    name: string,
    submission: number,
    size?: number,
  ): { head: Buffer; body: Buffer } {
    const { validation, runId } = this.#options
    const request = prepareRequest({ transactionId: `${runId}-${name}`, validation }, parts, submission)
    const out = Buffer.alloc(BODY_MAX)
    const body = out.subarray(0, request.writeBody(this.#entry, out))
    return { head: request.head(size ?? body.length), body }
  }

  #exchange(head: Buffer, body: Buffer): Promise<Exchange> {
    return exchange(this.#options.validation, head, body, this.#options.nowMs)
  }
}

function reachRow(result: Exchange): Row {
  const what = 'the service is reached, and is who it should be'
  if (!('code' in result)) return { what, holds: true, figure: `${Math.round(result.tookMs)} ms`, advice: '' }
  const { code } = result
  if (code === 'TIMEOUT') return { what, holds: false, figure: code, advice: faults['validation.timed-out'].advice }
  const word = trustFailureOf(code).replace('validation-', 'validation.') as `validation.${'untrusted' | 'expired'}`
  const ofTls = /CERT|SELF_SIGNED|VERIFY|ERR_TLS|ERR_SSL|ISSUER/.test(code)
  return { what, holds: false, figure: code, advice: faults[ofTls ? word : 'validation.unreachable'].advice }
}

/** What a reply must be, seen on the first one. */
function replyRows(reply: Reply, validation: Validation, cards: CaseCards): readonly Row[] {
  const { format, timeoutMs } = validation
  const text = reply.body?.toString('utf8') ?? ''
  const json = format !== 'xml'
  const declared = /^<\?xml version="1\.0" encoding='UTF-8' ?\?>/.test(text)
  const rows: Row[] = [
    {
      what: 'the reply has status 200 and ends',
      holds: reply.body !== undefined,
      figure: String(reply.status),
      advice: 'Send Content-Length or chunks, and 200 for accepted and for declined; redirects are not followed.',
    },
    {
      what: json ? 'its type is JSON' : 'its type is XML or text, or not told',
      holds: json ? reply.type === 'json' : ['xml', 'text', 'none'].includes(reply.type),
      figure: reply.type,
      advice: `Send Content-Type: ${json ? 'application/json' : 'text/xml'}.`,
    },
    {
      what: 'it comes in time',
      holds: reply.tookMs < timeoutMs / 2,
      figure: `${Math.round(reply.tookMs)} of ${timeoutMs} ms`,
      advice: 'The caller waits. Answer in half of secureInput.validation.timeoutSeconds at most.',
    },
    {
      what: 'it does not repeat the card number',
      holds: !text.includes(cards.accepted),
      figure: '',
      advice: 'Sotto stars it out, but it has no business in a reply.',
    },
    {
      what: 'the details have no |',
      holds: !text.includes('|'),
      figure: '',
      advice: 'Leave it out: it parts the result string, and becomes a space (PC-72, PC-78).',
    },
  ]
  const declaration: Row = {
    what: 'it begins with the XML declaration',
    holds: declared || validation.reply === 'lenient',
    figure: declared ? '' : text.slice(0, 30).replace(/[^\x20-\x7e]/g, '.'),
    advice: `Begin with <?xml version="1.0" encoding='UTF-8'?>, or set secureInput.validation.reply to lenient.`,
  }
  return json ? rows : [...rows, declaration]
}

function caseRow({ what, wanted, advice }: Case, result: Exchange, validation: Validation): Row {
  const answer = answerOf(result, validation)
  const word =
    answer?.value ?? ('code' in result ? result.code : result.status === 200 ? 'no outcome' : String(result.status))
  return { what, holds: fits(wanted, answer), figure: word, advice }
}

function fits(wanted: Wanted, answer: Answer | undefined): boolean {
  if (wanted === 'not-accepted') return answer?.value !== 'accepted'
  return wanted === 'outcome' ? answer !== undefined : answer?.value === wanted
}

/** The answer as the vault would read it. */
function answerOf(result: Exchange, { format, reply }: Validation): Answer | undefined {
  if ('code' in result || result.body === undefined) return undefined
  const bytes = Buffer.from(result.body)
  const shape = { format: format === 'xml' ? 'xml' : 'json', form: reply } as const
  const entry = new Entry()
  const answer = readAnswer(bytes, 0, bytes.length, shape, { entry, fields: 0 })
  entry.close()
  return answer
}

function chargesOf(one: Exchange, two: Exchange): number | undefined {
  if ('code' in one || 'code' in two || one.charges === undefined || two.charges === undefined) return undefined
  return two.charges - one.charges
}
