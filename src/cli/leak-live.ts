export type LiveArgs = { readonly server: number }
export async function searchLive(_args: LiveArgs, _scene: unknown): Promise<never[]> {
  return []
}
