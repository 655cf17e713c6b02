/** Schemas of the directory's kinds, asked for once. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../shared/api.ts'
import type { Kind } from '../entries/entries.ts'
import type { SchemaNode } from './node.ts'

let asked: Promise<Readonly<Record<string, SchemaNode>>> | undefined

/** @returns the schema of a kind; undefined until it is there, or where there is none. */
export function useSchema(api: Api, kind: Kind): SchemaNode | undefined {
  const [schema, setSchema] = useState<SchemaNode>()
  useEffect(() => {
    asked ??= api.get<Readonly<Record<string, SchemaNode>>>('/api/v1/directory/schemas')
    asked.then(
      (schemas) => setSchema(schemas[kind]),
      () => {
        asked = undefined
      },
    )
  }, [])
  return schema
}
