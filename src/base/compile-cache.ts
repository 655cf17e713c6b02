/**
 * Node's compile cache: what it made of a source, types stripped and compiled, kept for the next start. It lies beside the program's packages and
 * nowhere else: whoever may write there can change the program anyway, while a folder of state must never hold what is run. Where that is read-only, as in
 * the container and under systemd, Node does without. A vault has none: it may not write.
 */

/** Where Node looks for the folder when it begins, and each of its threads. */
const VARIABLE = 'NODE_COMPILE_CACHE'

type Environment = Readonly<Record<string, string | undefined>>

/** @param appFolder that holds the program, with a slash at its end. @returns the variable for the environment that the program is begun with. */
export function compileCacheBeside(appFolder: string): Record<string, string> {
  return { [VARIABLE]: `${appFolder}node_modules/.cache/sotto` }
}

/** @returns the variable as it stands in an environment, for a process that is started with none of the rest. */
export function compileCacheOf(env: Environment): Record<string, string> {
  const folder = env[VARIABLE]
  return folder === undefined ? {} : { [VARIABLE]: folder }
}
