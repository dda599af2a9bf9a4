/** A moment (ms) as an input of local date and time shows it; nothing for none. */
export const localInput = (at: number | null | undefined) =>
  at === null || at === undefined
    ? ''
    : new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
