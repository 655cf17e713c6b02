/**
 * The four gates of a secure session (PC-22): the feature is switched on, a form is defined, it is assigned to a workgroup of the agent's, and the
 * agent has the rights. Pure: the same answer serves the start itself, the list of forms, and whoever asks "why not?".
 *
 * A directory that is not in charge has no say: the first gate alone is asked then, and sessions need no form.
 */

import type { FaultCode } from '../base/faults.ts'
import type { Entry, Picture } from './picture.ts'
import { type EffectiveRight, effectiveRight, type Holder, type Right } from './rights.ts'

export type GateName = 'feature' | 'form' | 'workgroup' | 'right'

export type DirectoryFault = Extract<
  FaultCode,
  | 'secure.disabled'
  | 'secure.no-form'
  | 'secure.unknown-form'
  | 'secure.unknown-agent'
  | 'secure.form-not-assigned'
  | 'secure.no-right'
>

/** One gate; `closedBy` says why, for a person, when it is closed. */
export type Gate = { readonly gate: GateName; readonly closedBy: DirectoryFault | undefined }

export type GateQuestion = {
  /** `secureInput.enabled`. */
  readonly enabled: boolean
  /** Account of the agent's phone; undefined for a PBX. */
  readonly account: string | undefined
  /** Name of the form that is wanted; undefined while none was chosen. */
  readonly form: string | undefined
}

export type GateAnswer = {
  /** All four, in the order in which an administrator opens them. */
  readonly gates: readonly Gate[]
  /** The agent, when the directory knows him. */
  readonly user: Entry<'users'> | undefined
  /** Both rights, with their reasons; none for who is not known. */
  readonly rights: readonly EffectiveRight[]
  /** Forms that he may choose from, in the order of his workgroups. */
  readonly forms: readonly Entry<'forms'>[]
}

/** @returns the gate that a refusal of the directory's belongs to. */
export function gateOf(code: FaultCode): GateName | undefined {
  return GATES[code as DirectoryFault]
}

const GATES: Readonly<Record<DirectoryFault, GateName>> = {
  'secure.disabled': 'feature',
  'secure.no-form': 'form',
  'secure.unknown-form': 'form',
  'secure.form-not-assigned': 'workgroup',
  'secure.unknown-agent': 'right',
  'secure.no-right': 'right',
}

const NEEDED: readonly Right[] = ['secure-input:view', 'secure-input:start']

/** @returns each gate, and what the agent could choose. */
export function askGates(picture: Picture, { enabled, account, form }: GateQuestion): GateAnswer {
  const user = userAt(picture, account)
  const rights = user === undefined ? [] : NEEDED.map((right) => effectiveRight(holderOf(picture, user), right))
  const mayAll = rights.length > 0 && rights.every(({ allowed }) => allowed)
  const assigned = user === undefined ? [] : formsFor(picture, user)
  const isAssigned = form === undefined ? assigned.length > 0 : assigned.some(({ name }) => name === form)
  const isDefined = form === undefined ? picture.entries.forms.size > 0 : picture.entries.forms.has(form)
  const closed: Readonly<Record<GateName, DirectoryFault | false>> = {
    feature: !enabled && 'secure.disabled',
    form: !isDefined && (form === undefined ? 'secure.no-form' : 'secure.unknown-form'),
    workgroup: !isAssigned && (user === undefined ? 'secure.unknown-agent' : 'secure.form-not-assigned'),
    right: !mayAll && (user === undefined ? 'secure.unknown-agent' : 'secure.no-right'),
  }
  const names: readonly GateName[] = ['feature', 'form', 'workgroup', 'right']
  // Without a directory only what is asked for by name can be missing.
  const counts = (gate: GateName) => picture.inCharge || gate === 'feature' || (gate === 'form' && form !== undefined)
  const gates = names.map((gate) => ({ gate, closedBy: (counts(gate) && closed[gate]) || undefined }))
  return { gates, user, rights, forms: mayAll ? assigned : [] }
}

/** @returns the user who works at a phone. */
export function userAt(picture: Picture, account: string | undefined): Entry<'users'> | undefined {
  if (account === undefined) return undefined
  return [...picture.entries.users.values()].find(({ body }) => body.phone === account)
}

/** @returns the language of the prompts in a session with a form: that of the first of the user's workgroups that has one, and has the form. */
export function languageOf(picture: Picture, user: Entry<'users'>, form: string | undefined): string | undefined {
  const groups = groupsOf(picture, user.name).filter(({ body }) => form === undefined || body.forms.includes(form))
  return groups.find(({ body }) => body.language !== undefined)?.body.language
}

/** @returns a user with the workgroups that he is a member of, as rights are asked of. */
export function holderOf(picture: Picture, user: Entry<'users'>): Holder {
  const { name, body } = user
  const workgroups = groupsOf(picture, name).map((group) => ({ name: group.name, rights: group.body.rights }))
  return { name, disabled: body.disabled, rights: body.rights, workgroups }
}

function groupsOf(picture: Picture, user: string): readonly Entry<'workgroups'>[] {
  return [...picture.entries.workgroups.values()].filter(({ body }) => body.members.includes(user))
}

function formsFor(picture: Picture, user: Entry<'users'>): readonly Entry<'forms'>[] {
  const names = groupsOf(picture, user.name).flatMap(({ body }) => body.forms)
  return [...new Set(names)].flatMap((name) => picture.entries.forms.get(name) ?? [])
}
