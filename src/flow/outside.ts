/** What the files of flows say to whoever keeps versions elsewhere: which there are, and what is wrong with one that is to be added. */

import type { FlowFolder } from './folder.ts'
import type { FlowProblem } from './read.ts'
import { parseFlowRef } from './ref.ts'

export type FlowsOutside = {
  /** Whether a flow, or one version of it, is there for sessions to take. */
  readonly hasFlow: (ref: string) => boolean
  readonly flowProblems: (id: string, version: number, text: string) => readonly FlowProblem[]
}

/** @param files the folder alone, without what is kept elsewhere. */
export function outsideOf(files: Pick<FlowFolder, 'find' | 'check' | 'text'>): FlowsOutside {
  return {
    hasFlow(text) {
      const ref = parseFlowRef(text)
      return ref !== undefined && files.find(ref.id, ref.version).result === 'found'
    },
    flowProblems(id, version, text) {
      const there = files.text(id, version)
      if (there !== undefined && there !== text) return [CLASH]
      return files.check(text, id)
    },
  }
}

const CLASH: FlowProblem = {
  key: 'version',
  says: 'A file of the flows folder is this version, and another text.',
  advice: 'Files go before: publish the text under the next number.',
}
