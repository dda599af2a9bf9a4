/** A push leads straight to one alarm: what shows it comes beside the session's answer, not after it. */
export function load({ url }: { url: URL }) {
  if (!url.searchParams.has('open')) return
  const parts = [import('$lib/features/alarms/PhoneDetail.svelte'), import('$lib/features/alarms/phone-acts.svelte.ts')]
  // Only earlier than else: the page itself asks for them again, and says what it could not get.
  void Promise.allSettled(parts)
}
