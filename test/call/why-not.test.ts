/** Every refusal of a secure session is told beforehand by "why not?", or is about what was sent with the request; none is forgotten (N-22). */

import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { faults } from '../../src/base/faults.ts'
import type { SecureRequest } from '../../src/call/index.ts'
import { clipsIn, openFlowFolder } from '../../src/flow/index.ts'
import { type Bench, type BridgedCall, CONFIG_TEXT, callBench, configOf, settle } from '../peers/call-bench.ts'
import { phoneMedia, phoneReoffer } from '../peers/phone-media.ts'
import { ONE_FORM, pictureOf } from '../peers/pictures.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const token: SecureRequest = { startedBy: { by: 'token' } }

type Row = {
  /** What the bench is made with. */
  readonly bench?: (folder: string) => Bench
  /** What closes the gate in a bridged call. */
  readonly close?: (bench: Bench, call: BridgedCall) => unknown
  readonly request?: SecureRequest
}

const withDirectory = (bodies: object) => () => callBench({ directory: () => pictureOf({ ...ONE_FORM, ...bodies }) })

const gates: Readonly<Record<string, Row>> = {
  'secure.disabled': {
    bench: () => callBench({ config: configOf(`${CONFIG_TEXT}secureInput: { enabled: false }\n`) }),
  },
  'secure.no-form': { bench: withDirectory({ forms: {} }) },
  'secure.unknown-form': { request: { ...token, form: 'nothing' } },
  'secure.unknown-agent': { bench: withDirectory({ users: { amy: { phone: 'another' } } }) },
  'secure.form-not-assigned': { bench: withDirectory({ workgroups: { payments: { members: ['amy'] } } }) },
  'secure.no-right': { bench: withDirectory({ workgroups: { payments: { members: ['amy'], forms: ['order'] } } }) },
  'secure.flow-by-form': { bench: withDirectory({}), request: { ...token, flow: 'another' } },
  'secure.not-permitted': { request: { startedBy: { by: 'feature-code', account: 'second' } } },
  'secure.emergency-call': {
    bench: () => {
      const emergency = "emergency: { numbers: ['100'], trunk: carrier, fromTrunks: [carrier] }"
      return callBench({ config: configOf(`${CONFIG_TEXT}${emergency}\n`) })
    },
  },
  'secure.agent-outside': {
    close: async (bench, { agent }) => {
      agent.refer('+49301')
      await settle()
      bench.sip.sent.at(-1)?.answer(phoneMedia(5100))
    },
  },
  'secure.session-in-progress': { close: (bench, { callId }) => bench.calls.startSecureSession(callId, token) },
  'secure.not-bridged': {
    close: async (bench) => {
      bench.incoming({ to: '100' })
      await settle()
    },
  },
  'secure.conference-not-supported': { close: (_bench, { agent }) => Object.assign(agent, { isFocus: true }) },
  'secure.caller-on-hold': {
    close: (_bench, { caller }) => caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000), 'inactive')),
  },
  'secure.srtp-required': {
    bench: () => {
      const trunks = CONFIG_TEXT.replaceAll('addresses:', 'srtp: preferred, addresses:')
      return callBench({ config: configOf(`${trunks}secureInput: { srtp: required }\n`) })
    },
  },
  'secure.draining': { close: (bench) => void bench.calls.drain() },
  'secure.unknown-flow': { request: { ...token, flow: 'no-such-flow' } },
  'secure.no-flow-version': { request: { ...token, flow: 'card-payment@99' } },
  'secure.flow-not-usable': {
    bench: (folder) => {
      cpSync(join(ROOT, 'flows'), folder, { recursive: true })
      const file = join(folder, 'published/card-payment/1.yaml')
      const text = readFileSync(file, 'utf8')
      rmSync(file)
      writeFileSync(file, text.replace('validate', 'validat'))
      return callBench({ flows: openFlowFolder({ folder }) })
    },
  },
  'secure.prompts-missing': {
    bench: (folder) => {
      cpSync(join(ROOT, 'prompts'), folder, { recursive: true })
      rmSync(join(folder, 'en/ask-expiry.wav'))
      return callBench({ clipsOf: clipsIn(folder) })
    },
  },
  'secure.no-validation': { bench: () => callBench({ validation: () => undefined }) },
  'secure.no-vault': { close: (bench) => Object.assign(bench.vault, { available: false }) },
  'secure.vault-unprotected': { bench: () => callBench({ vaultProtected: () => false }) },
  'secure.no-audit': { close: (bench) => Object.assign(bench.trail, { available: false }) },
}
/** Not gates: what was sent, an order in a session that runs, or what only the trial shows. Each has a test of its own in one of `elsewhere`. */
const aboutTheRequest = [
  'secure.card-number-in-form',
  'secure.bad-form',
  'secure.choose-form',
  'secure.form-not-filled',
  'secure.unknown-form-field',
  'secure.twice-in-form',
  'secure.not-found',
  'secure.unknown-field',
  'secure.session-over',
  'secure.not-now',
  'secure.submitting',
  'secure.sink-not-off',
]
const elsewhere = ['forms.test.ts', 'secure-gates.test.ts', 'secure-orders.test.ts', 'sinks.test.ts']

t.test('no refusal is without its row', async (t) => {
  const codes = Object.keys(faults).filter((code) => code.startsWith('secure.'))
  t.same(codes.toSorted(), [...Object.keys(gates), ...aboutTheRequest].toSorted())
  const tests = elsewhere.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
  for (const code of aboutTheRequest)
    t.ok(
      tests.some((text) => text.includes(code)),
      `${code} has a test`,
    )
})

for (const [code, row] of Object.entries(gates)) {
  t.test(`"why not?" tells ${code}, the start is refused with it, and neither without it`, async (t) => {
    const open = callBench()
    const plain = await open.bridged()
    t.same(open.calls.whyNot(plain.callId, token), [], 'nothing is closed to begin with')

    const bench = row.bench?.(t.testdir({})) ?? callBench()
    const call = await bench.bridged()
    await row.close?.(bench, call)
    await settle()
    const callId = bench.calls.list().at(-1)?.callId ?? ''
    const request = row.request ?? token
    t.equal(bench.calls.whyNot(callId, request)[0], code)
    await t.rejects(bench.calls.startSecureSession(callId, request), { code })
    const { title, advice } = faults[code as keyof typeof faults]
    t.ok(title.length > 10 && advice.length > 20, 'with what to do')
  })
}
