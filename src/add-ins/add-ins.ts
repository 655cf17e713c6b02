/** Add-ins of a server: which there are, and what they look up. */

import { createLookups, type Lookups } from './lookups.ts'
import { createRegistry, type Registry, type RegistryParts } from './registry.ts'

export type AddIns = Registry & Lookups

export function createAddIns(parts: RegistryParts): AddIns {
  const registry = createRegistry(parts)
  return { ...registry, ...createLookups({ ...parts, registry }) }
}
