/**
 * The editor of a flow's text: colours, completion by the schema, and problems at their lines. It stands in a shadow root, where its styles are adopted and none is written into the page, which
 * the content security policy would not have.
 */

import { autocompletion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { yaml } from '@codemirror/lang-yaml'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { basicSetup } from 'codemirror'
import { useEffect, useRef } from 'preact/hooks'
import type { TextProblem } from '../text-problems.tsx'
import { offersAt, type SchemaNode } from './flow-completion.ts'

export type EditorHandle = { toLine(line: number): void }

type EditorProps = {
  readonly label: string
  /** What it begins with; from then on it is the editor that says what the text is. */
  readonly begun: string
  readonly onText?: (text: string) => void
  readonly problems: readonly TextProblem[]
  readonly schema: SchemaNode | undefined
  /** Given when it is there. */
  readonly onHandle: (handle: EditorHandle) => void
}

const THEME = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--surface)', fontSize: '0.95rem' },
  '&.cm-focused': { outline: '3px solid var(--accent)', outlineOffset: '2px' },
  '.cm-scroller': { fontFamily: 'ui-monospace, "Cascadia Code", "DejaVu Sans Mono", monospace' },
  '.cm-content': { caretColor: 'var(--ink)', minHeight: '12rem' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--quiet)', borderRight: '1px solid var(--edge)' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--accent) 7%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--accent-ground)', color: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 30%, transparent)',
  },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--ink)', border: '1px solid var(--strong-edge)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--accent-ink)' },
  '.cm-completionDetail': { color: 'inherit', fontStyle: 'normal' },
  // In place of pictures that are written into the style, which the policy of pages does not let in.
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--bad)' },
  '.cm-lint-marker-error': { content: '"!"', color: 'var(--bad)', fontWeight: '700', textAlign: 'center' },
  '.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--ink)' },
})

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--quiet)', fontStyle: 'italic' },
  { tag: [tags.string, tags.content], color: 'var(--ink)' },
  { tag: [tags.number, tags.bool, tags.keyword, tags.attributeValue], color: 'var(--secure)' },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: 'var(--quiet)' },
])

/** Text over a selection is put there by the editor: the browser would do it with style attributes, which the policy of pages refuses and complains of. */
const OVERTYPING = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data, inputType, isComposing } = event
    if (inputType !== 'insertText' || data === null || isComposing || view.state.readOnly) return false
    if (view.state.selection.ranges.every(({ empty }) => empty)) return false
    event.preventDefault()
    view.dispatch(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true })
    return true
  },
})

export function Editor({ label, begun, onText, problems, schema, onHandle }: EditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const told = useRef({ onText, schema })
  told.current = { onText, schema }

  useEffect(() => {
    const at = host.current
    if (at === null) return
    const root = at.shadowRoot ?? at.attachShadow({ mode: 'open' })
    const complete = (context: CompletionContext) => completionsIn(told.current.schema, context)
    const isFixed = onText === undefined
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: begun,
        extensions: [
          ...[
            basicSetup,
            yaml(),
            lintGutter(),
            THEME,
            OVERTYPING,
            syntaxHighlighting(COLOURS),
            EditorView.lineWrapping,
          ],
          autocompletion({ override: [complete] }),
          EditorState.readOnly.of(isFixed),
          EditorView.contentAttributes.of({ 'aria-label': label, ...(isFixed ? { 'aria-readonly': 'true' } : {}) }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) told.current.onText?.(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    onHandle({
      toLine(line) {
        const { from } = made.state.doc.line(Math.min(Math.max(1, line), made.state.doc.lines))
        made.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) })
        made.focus()
      },
    })
    return () => made.destroy()
  }, [])

  useEffect(() => {
    const made = view.current
    if (made !== undefined) made.dispatch(setDiagnostics(made.state, diagnosticsOf(made.state, problems)))
  }, [problems])

  return <div class="editor" ref={host} />
}

function completionsIn(schema: SchemaNode | undefined, { state, pos }: CompletionContext): CompletionResult | null {
  const found = schema === undefined ? undefined : offersAt(schema, state.doc.toString(), pos)
  if (found === undefined) return null
  return {
    from: found.from,
    validFor: /^[\p{L}\p{N} _.-]*$/u,
    options: found.offers.map(({ label, says, isKey }) => ({
      label,
      info: says,
      type: isKey ? 'property' : 'enum',
      ...(isKey ? { apply: `${label}: ` } : {}),
    })),
  }
}

function diagnosticsOf(state: EditorState, problems: readonly TextProblem[]): Diagnostic[] {
  return problems.map(({ line = 1, says, advice }) => {
    const { from, to } = state.doc.line(Math.min(Math.max(1, line), state.doc.lines))
    return { from, to, severity: 'error', message: `${says} ${advice}` }
  })
}
