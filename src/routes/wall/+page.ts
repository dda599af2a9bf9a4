import { signedIn } from '$lib/session/guard.ts'

export async function load({ url }: { url: URL }) {
  return { session: await signedIn(url) }
}
