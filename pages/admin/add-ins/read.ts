/** Add-ins as the API has them. */

import type { Api } from '../../shared/api.ts'
import type { Listed } from './words.ts'

/** @returns every add-in. @throws Problem */
export function readAddIns(api: Api): Promise<Listed> {
  return api.get<Listed>('/api/v1/add-ins')
}
