/**
 * Starts secure sessions: whether one may start, with which version of which flow, with whose form, and the plan made of them. Keeps the forms
 * of a call until it ends, so that a session can be tried again with the same data (PC-63); nothing else of a session is kept here.
 */

import { fault } from '../base/fault.ts'
import { makeId } from '../base/ids.ts'
import { EMPTY_PICTURE, type Picture } from '../directory/index.ts'
import { type FlowFolder, type FoundFlow, missingClips, parseFlowRef, planOf } from '../flow/index.ts'
import type { Validation } from '../vault/contract.ts'
import { planFlaw } from '../vault/plan-flaw.ts'
import { admit } from './admission.ts'
import type { AgentField } from './agent-fields.ts'
import { endsOf } from './bridged.ts'
import type { Call } from './call.ts'
import type { CallWorld } from './call-world.ts'
import { chooseForm, type FormChoice } from './form-choice.ts'
import { closedGates, type GateFault, type Starter } from './gates.ts'
import type { Leg } from './leg.ts'

export type SecureRequest = {
  /** The agent's form: plain data that goes along with the caller's entry. Absent: that of `retryOf`, or none. */
  readonly fields?: readonly AgentField[]
  /** Name of a form of the directory. Absent: that of `retryOf`, or the only one that the agent may choose; none while the directory is not in charge. */
  readonly form?: string
  /** `card-payment`, or `card-payment@2`. Absent: that of the form, of `retryOf`, or the configuration's. */
  readonly flow?: string
  /** A session of this call whose form and flow are taken over. */
  readonly retryOf?: string
  readonly startedBy: Starter
}

export type StarterOptions = Pick<
  CallWorld,
  'config' | 'random' | 'vaultPool' | 'audit' | 'sinks' | 'clock' | 'log'
> & {
  /** The validation service with its certificates loaded; undefined when there is none, and then no secure session starts. */
  readonly validation: () => Validation | undefined
  /** Whether no vault lacks a protection that the configuration demands; absent when it demands none. */
  readonly vaultProtected?: () => boolean
  /** The directory as it is now; an empty one when absent. */
  readonly directory?: () => Picture
  /** Published flows, as they are now. */
  readonly flows: Pick<FlowFolder, 'find'>
  /** Names of the clips that a language has. */
  readonly clipsOf: (language: string) => ReadonlySet<string>
}

export type SessionStarter = {
  /** Every gate that is closed. @throws Fault `secure.not-found` for a `retryOf` that is not there */
  whyNot(call: Call, request: SecureRequest): readonly GateFault[]
  /** Caller and agent are being parted when the promise resolves. @throws Fault `secure.*` */
  start(call: Call, request: SecureRequest): Promise<{ readonly sessionId: string }>
  /** The call is over: its forms go. */
  forget(callId: string): void
}

/** @returns whether a leg speaks plain RTP where its sound has to be encrypted: for every call with its far end, or for a secure session. */
function isExposed(leg: Leg | undefined, policy: 'any' | 'required'): boolean {
  return leg !== undefined && leg.srtp === undefined && (policy === 'required' || leg.mustBeSecure)
}

/** @param isDraining whether the server is about to stop. */
export function createSessionStarter(options: StarterOptions, isDraining: () => boolean): SessionStarter {
  const { random, vaultPool } = options
  /** As it is set just now. */
  const secureSettings = () => options.config.secureInput
  /** By call, then by session. */
  const forms = new Map<string, Map<string, readonly AgentField[]>>()
  /** Calls in which a session is about to begin. */
  const starting = new Set<string>()

  const earlierOf = (call: Call, retryOf: string | undefined) => {
    const earlier = call.secures.list.find(({ sessionId }) => sessionId === retryOf)
    if (retryOf !== undefined && earlier === undefined) throw fault('secure.not-found', { callId: call.callId })
    return earlier?.record
  }
  const formFor = (call: Call, { form, flow, retryOf }: SecureRequest): FormChoice =>
    chooseForm((options.directory ?? (() => EMPTY_PICTURE))(), {
      enabled: secureSettings().enabled,
      account: call.pair.account('agent'),
      form: form ?? earlierOf(call, retryOf)?.form?.name,
      flow,
    })
  /** @returns undefined while it is not known which form is meant, and so which flow. */
  const flowFor = (call: Call, { flow, retryOf }: SecureRequest, choice: FormChoice): FoundFlow | undefined => {
    if (choice.undecided) return undefined
    const ref = parseFlowRef(choice.flow ?? flow ?? earlierOf(call, retryOf)?.flow.id ?? secureSettings().flow)
    return ref === undefined ? { result: 'unknown-flow' } : options.flows.find(ref.id, ref.version)
  }
  /** Where the flow does not say. */
  const defaultsFor = ({ language }: FormChoice) => {
    const settings = secureSettings()
    return language === undefined ? settings : { ...settings, languages: [...new Set([language, settings.language])] }
  }
  const lacksPrompts = (found: FoundFlow | undefined, choice: FormChoice): boolean =>
    found?.result === 'found' && missingClips(found.flow, defaultsFor(choice), options.clipsOf).length > 0
  const gates = (call: Call, request: SecureRequest, found: FoundFlow | undefined) => {
    const choice = formFor(call, request)
    return closedGates(
      {
        enabled: secureSettings().enabled,
        validationReady: options.validation() !== undefined,
        vaultAvailable: vaultPool.available,
        draining: isDraining(),
        auditAvailable: options.audit.available,
        vaultProtected: options.vaultProtected?.() !== false,
        bridged: call.state === 'bridged',
        sessionRuns: call.state === 'secure',
        conference: call.pair.isConference,
        emergency: call.isEmergency,
        callerHeld: call.pair.leg('caller')?.held === true,
        callerExposed: isExposed(call.pair.leg('caller'), secureSettings().srtp),
        agentAccount: call.pair.account('agent'),
        agentIsOutside: call.pair.agentIsOutside,
        closedByDirectory: choice.closed,
        flow: found?.result ?? 'found',
        promptsMissing: lacksPrompts(found, choice),
      },
      request.startedBy,
    )
  }

  return {
    whyNot: (call, request) => gates(call, request, flowFor(call, request, formFor(call, request))),
    async start(call, request) {
      const { callId } = call
      const choice = formFor(call, request)
      const found = flowFor(call, request, choice)
      const [closed] = gates(call, request, found)
      if (closed !== undefined) throw fault(closed, { callId })
      if (starting.has(callId)) throw fault('secure.session-in-progress', { callId })
      const ofCall = forms.get(callId) ?? new Map<string, readonly AgentField[]>()
      if (choice.undecided) throw fault('secure.choose-form', { callId })
      const filled = request.fields ?? ofCall.get(request.retryOf ?? '') ?? []
      const form = choice.fill(filled, callId)
      const validation = options.validation()
      if (validation === undefined) throw fault('secure.no-validation', { callId })
      if (found?.result !== 'found') throw fault('secure.unknown-flow', { callId })
      const { flow, version } = found
      const { startedBy, retryOf } = request
      const sessionId = makeId(random, 'secure-')
      const plan = planOf({
        flow,
        defaults: defaultsFor(choice),
        transactionId: sessionId,
        form,
        withDesk: startedBy.by === 'token',
        validation,
      })
      // Before anybody is parted: the vault would find it when they are.
      const flaw = planFlaw(plan)
      const ofForm = flaw === 'too-large' && form.length > 0
      if (flaw !== undefined) throw fault(ofForm ? 'secure.bad-form' : 'vault.bad-plan', { callId, reason: flaw })
      starting.add(callId)
      const admitted = await admit(options, {
        sessionId,
        callId,
        startedBy,
        flow: { id: flow.id, version },
        ends: endsOf(call.pair),
        // The flow stays as it is in the opening, whatever becomes of its files meanwhile.
        closedGate: () => gates(call, request, found)[0],
      }).finally(() => starting.delete(callId))
      forms.set(callId, ofCall.set(sessionId, filled))
      const chosen = {
        sessionId,
        startedBy: startedBy.by,
        flow: { id: flow.id, version, title: flow.title },
        form: choice.form,
        retryOf,
        plan,
      }
      call.secures.start(chosen, admitted)
      return { sessionId }
    },
    forget: (callId) => void forms.delete(callId),
  }
}
