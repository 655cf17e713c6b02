/** The prompts of this server as people change them: which flows say them, and what becomes of a change. */

import { join } from 'node:path'
import type { Config } from '../base/config.ts'
import type { Log } from '../base/log.ts'
import { noteChange } from '../directory/index.ts'
import { clipsIn, clipsSaid, type Flow, type FlowFolder, missingClips } from '../flow/index.ts'
import { createPrompts, type Prompt, type Prompts } from '../prompts/index.ts'
import type { DirectoryHolder } from './directory.ts'

type Parts = {
  readonly shippedFolder: string
  readonly directory: Pick<DirectoryHolder, 'db'>
  readonly flows: Pick<FlowFolder, 'list' | 'find'>
  readonly settings: () => Config['secureInput']
  /** Has the vaults read them anew. */
  readonly reload: () => void
  readonly wallMs: () => number
  readonly log: Pick<Log, 'fault'>
}

export type ServerPrompts = Prompts & {
  /** @returns ids of the published flows that may say each clip. */
  saidBy(): ReadonlyMap<string, readonly string[]>
}

export function promptsOf({ secureInput }: Config, parts: Parts): ServerPrompts {
  const { directory, flows, settings, wallMs, log } = parts
  const folder = secureInput.promptsFolder
  const published = (): readonly (readonly [id: string, flow: Flow])[] =>
    flows.list().flatMap(({ id }) => {
      const found = flows.find(id)
      return found.result === 'found' ? [[id, found.flow] as const] : []
    })
  const prompts = createPrompts({
    folder,
    shippedFolder: join(parts.shippedFolder, 'prompts'),
    neededBy: ({ language, name }) => {
      const there = clipsIn(folder)
      const without = (of: string) => new Set([...there(of)].filter((clip) => of !== language || clip !== name))
      return published().flatMap(([id, flow]) => (missingClips(flow, settings(), without).includes(name) ? [id] : []))
    },
    async onChange({ language, name, by, action, before, after }) {
      parts.reload()
      const difference = {
        ...member('sound', before?.tag, after?.tag),
        ...member('text', before?.text, after?.text),
        ...member('source', before?.source, after?.source),
        ...member('seconds', before?.seconds, after?.seconds),
      }
      const note = { kind: 'prompts', name: `${language}/${name}`, action, atMs: wallMs(), by, difference } as const
      // The file is there, and heard: that its history lacks a line is told to whoever runs the server.
      await noteChange(directory.db(), note).catch(log.fault)
    },
  })
  return {
    ...prompts,
    saidBy() {
      const said = new Map<string, readonly string[]>()
      for (const [id, flow] of published())
        for (const clip of clipsSaid(flow, settings())) said.set(clip, [...(said.get(clip) ?? []), id])
      return said
    },
  }
}

type Value = Prompt[keyof Prompt]

function member(name: string, from: Value, to: Value): object {
  if (from === to) return {}
  return { [name]: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) } }
}
