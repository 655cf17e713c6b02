/**
 * What may be done over the API, in words that a route demands and a token carries, and which of them a role has. Whose calls somebody sees is not said
 * here but by his sight (`principal.ts`).
 */

export const SCOPES = {
  'calls:read': 'Calls that stand and that ended, how they sound, and their events.',
  'calls:write': 'Hanging calls up.',
  'secure:read': 'Secure sessions of calls, and why none can start.',
  'secure:start': 'Starting secure sessions, ordering fields again, cancelling.',
  'records:read': 'Signed records of secure sessions.',
  'history:read': 'The call history.',
  'flows:read': 'Flows and their versions.',
  'flows:write': 'Publishing flows and retiring versions.',
  'prompts:read': 'Prompts and how they sound.',
  'prompts:write': 'Changing prompts, and loading changed ones.',
  'trunks:read': 'Trunks, routes and phones as they are set and as they are now, and their events.',
  'trunks:write': 'Changing trunks, routes and phones.',
  'media:read': 'Media processes.',
  'media:write': 'Replacing media processes.',
  'trace:read': 'SIP messages of calls.',
  'status:read': 'The state of the server.',
  'metrics:read': 'Metrics for Prometheus.',
  'directory:read': 'Users, workgroups, forms and rights.',
  'directory:write': 'Changing users, workgroups, forms and rights.',
  'config:read': 'The configuration, validation services and certificates.',
  'validation:test': 'Trying the validation service with test cards.',
  'config:write': 'Reloading the configuration.',
  'people:read': 'Users, and who is logged in.',
  'people:write': "Creating users, setting passwords, ending log-ins, revoking anybody's tokens.",
  'tokens:write': "Creating and revoking API tokens of one's own.",
  'access:read': 'The access log.',
} as const

export type Scope = keyof typeof SCOPES
export const scopes = Object.keys(SCOPES) as readonly Scope[]

export type Role = 'agent' | 'supervisor' | 'administrator'

const AGENT: readonly Scope[] = ['calls:read', 'calls:write', 'secure:read', 'secure:start', 'flows:read']
const SUPERVISOR: readonly Scope[] = [...AGENT, 'records:read', 'history:read', 'status:read']

const SCOPES_OF: Readonly<Record<Role, readonly Scope[]>> = {
  agent: AGENT,
  supervisor: SUPERVISOR,
  administrator: scopes,
}

/** @returns what a role may do, before rights are asked. */
export function scopesOf(role: Role): readonly Scope[] {
  return SCOPES_OF[role]
}

export function isScope(word: string): word is Scope {
  return Object.hasOwn(SCOPES, word)
}
