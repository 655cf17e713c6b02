/** What every command is given. */

import type { RunControl } from './start.ts'

export type Cli = {
  /** Writes a line to whoever reads standard output. */
  readonly write: (line: string) => void
  /** Folder that Sotto was installed into, with a slash at its end. */
  readonly shippedFolder: string
  /** The file that is run, to run it again. */
  readonly file: string
  /** Loads the control process's program, which most commands do without. */
  readonly control: () => Promise<RunControl>
  /** For what goes on for ever: without a reader it ends as when it is told to, its calls first. */
  readonly endUnread: () => void
}
