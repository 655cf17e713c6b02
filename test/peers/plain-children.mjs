/**
 * Loaded by tap before each test file (`.taprc`): processes that a test starts are started as they would be without tap.
 *
 * tap adds a loader of its own to every child for coverage, which is off here. A vault would not start with it: it may read its own files
 * only, and its environment has to be empty.
 */

import processOnSpawn from 'process-on-spawn'

processOnSpawn.addListener((child) => {
  const { NODE_OPTIONS: _, ...rest } = child.env ?? {}
  child.env = Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('_TAPJS_')))
})
