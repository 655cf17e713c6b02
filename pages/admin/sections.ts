/** The menu of the administration, in its order. */

import type { Section } from './section.ts'

export const SECTIONS: readonly Section[] = [
  {
    name: 'status',
    title: 'Status',
    scope: 'status:read',
    load: async () => (await import('./sections/status.tsx')).Status,
  },
  {
    name: 'flows',
    title: 'Flows',
    scope: 'flows:write',
    load: async () => (await import('./voice/flows/flows.tsx')).Flows,
  },
]
