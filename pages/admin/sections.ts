/** The menu of the administration, in its order. */

import type { Section } from './section.ts'

export const SECTIONS: readonly Section[] = [
  {
    name: 'status',
    title: 'Status',
    scope: 'media:read',
    load: async () => (await import('./status/status.tsx')).Status,
  },
  {
    name: 'users',
    title: 'Users',
    scope: 'people:write',
    load: async () => (await import('./users/users.tsx')).Users,
  },
  {
    name: 'workgroups',
    title: 'Workgroups',
    scope: 'directory:write',
    load: async () => (await import('./workgroups/workgroups.tsx')).Workgroups,
  },
  {
    name: 'forms',
    title: 'Forms',
    scope: 'directory:write',
    load: async () => (await import('./forms/forms.tsx')).Forms,
  },
  {
    name: 'add-ins',
    title: 'Add-ins',
    scope: 'config:write',
    load: async () => (await import('./add-ins/add-ins.tsx')).AddIns,
  },
  {
    name: 'tokens',
    title: 'API tokens',
    scope: 'people:write',
    load: async () => (await import('./tokens/tokens.tsx')).Tokens,
  },
  {
    name: 'access-log',
    title: 'Access log',
    scope: 'access:read',
    load: async () => (await import('./access-log/access-log.tsx')).AccessLog,
  },
  {
    name: 'trunks',
    title: 'Trunks',
    scope: 'trunks:write',
    load: async () => (await import('./dial-plan/trunks.tsx')).Trunks,
  },
  {
    name: 'routes',
    title: 'Routes',
    scope: 'trunks:write',
    load: async () => (await import('./dial-plan/routes.tsx')).Routes,
  },
  {
    name: 'phones',
    title: 'Phones',
    scope: 'trunks:write',
    load: async () => (await import('./dial-plan/phones.tsx')).Phones,
  },
  {
    name: 'configuration',
    title: 'Configuration',
    scope: 'config:write',
    load: async () => (await import('./configuration/configuration.tsx')).Configuration,
  },
  {
    name: 'flows',
    title: 'Flows',
    scope: 'flows:write',
    load: async () => (await import('./voice/flows/flows.tsx')).Flows,
  },
  {
    name: 'prompts',
    title: 'Prompts',
    scope: 'prompts:read',
    load: async () => (await import('./voice/prompts/prompts.tsx')).Prompts,
  },
  {
    name: 'validation',
    title: 'Validation',
    scope: 'validation:test',
    load: async () => (await import('./voice/validation/validation.tsx')).Validation,
  },
  {
    name: 'certificates',
    title: 'Certificates',
    scope: 'config:read',
    load: async () => (await import('./voice/validation/certificates.tsx')).Certificates,
  },
]
