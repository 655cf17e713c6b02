import t from 'tap'
import { closedGates, type GateView, type Starter } from '../../src/call/gates.ts'

const open: GateView = {
  enabled: true,
  validationReady: true,
  vaultAvailable: true,
  draining: false,
  auditAvailable: true,
  vaultProtected: true,
  bridged: true,
  sessionRuns: false,
  conference: false,
  emergency: false,
  callerHeld: false,
  callerExposed: false,
  agentIsOutside: false,
  agentAccount: 'agent',
  closedByDirectory: [],
  flow: 'found',
  promptsMissing: false,
}
const token: Starter = { by: 'token' }
const phone: Starter = { by: 'feature-code', account: 'agent' }

const rows: readonly (readonly [says: string, view: Partial<GateView>, starter: Starter, faults: readonly string[]])[] =
  [
    ['all gates are open for a token', {}, token, []],
    ["all gates are open for the agent's phone", {}, phone, []],
    ['another phone is none of them', {}, { by: 'feature-code', account: 'other' }, ['secure.not-permitted']],
    ['it is switched off', { enabled: false }, token, ['secure.disabled']],
    ['one runs already', { bridged: false, sessionRuns: true }, token, ['secure.session-in-progress']],
    ['it is an emergency call', { emergency: true }, phone, ['secure.emergency-call']],
    ['it still rings', { bridged: false }, token, ['secure.not-bridged']],
    ['it is a conference', { conference: true }, token, ['secure.conference-not-supported']],
    ['the caller holds', { callerHeld: true }, token, ['secure.caller-on-hold']],
    ['the caller speaks plain RTP', { callerExposed: true }, token, ['secure.srtp-required']],
    ['the server stops', { draining: true }, token, ['secure.draining']],
    ['there is no validation service', { validationReady: false }, token, ['secure.no-validation']],
    ['there is no such flow', { flow: 'unknown-flow' }, token, ['secure.unknown-flow']],
    ['no version of the flow is published', { flow: 'no-flow-version' }, token, ['secure.no-flow-version']],
    ['the published version cannot be read', { flow: 'flow-not-usable' }, token, ['secure.flow-not-usable']],
    ['prompts of the flow are missing', { promptsMissing: true }, token, ['secure.prompts-missing']],
    ['the directory has something against it', { closedByDirectory: ['secure.no-right'] }, phone, ['secure.no-right']],
    ['there is no vault', { vaultAvailable: false }, token, ['secure.no-vault']],
    ['a vault lacks what is demanded of it', { vaultProtected: false }, token, ['secure.vault-unprotected']],
    ['it could not be recorded', { auditAvailable: false }, token, ['secure.no-audit']],
    [
      'all at once are all named',
      { enabled: false, vaultAvailable: false },
      token,
      ['secure.disabled', 'secure.no-vault'],
    ],
  ]
for (const [says, view, starter, faults] of rows) {
  t.test(says, async (t) => {
    t.same(closedGates({ ...open, ...view }, starter), faults)
  })
}
